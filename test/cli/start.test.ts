import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { packageFolder, packageVersion } from '../../src/base/package.ts';
import { loadedModules } from '../helpers/loaded-modules.ts';
import { buildWorld } from './store-world.ts';

const commandLine = new URL('../../src/cli/command-line.js', import.meta.url).href;

test('the command line starts without native packages: each command loads its own', (t) => {
  const script = `
    await import(${JSON.stringify(commandLine)});
    const { sharedObjects } = process.report.getReport();
    console.log(JSON.stringify(sharedObjects.filter((path) => path.includes('node_modules'))));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  });
  t.is(stdout, '[]\n', stderr);
});

/** The program as it is packed. */
const BUILT = join(packageFolder, 'dist/cli/main.js');
const HEAVY = [
  '@duckdb/node-api',
  'apache-arrow',
  'undici',
  'sharp',
  'onnxruntime-node',
  'fastify',
  'linkedom',
];

/** Command modules that were loaded, and packages. */
function partsOf(modules: readonly string[]): { readonly commands: string[]; readonly packages: string[] } {
  const named = (pattern: RegExp): string[] => [
    ...new Set(modules.flatMap((url) => pattern.exec(url)?.[1] ?? [])),
  ];
  return {
    commands: named(/\/cli\/([\w-]+-command)\.js$/),
    packages: named(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//),
  };
}

test('--version loads neither commands nor packages', (t) => {
  const { modules, stdout } = loadedModules(['--version']);
  t.is(stdout, `${packageVersion}\n`);
  t.true(modules.some((url) => url.endsWith('/cli/command-line.js')));
  t.deepEqual(partsOf(modules), { commands: [], packages: [] });
  t.true(modules.length <= 30, `${modules.length} modules`);
});

test('--help loads no command, and lists all of them', (t) => {
  const { modules, stdout } = loadedModules(['--help']);
  t.deepEqual(partsOf(modules).commands, []);
  t.true(partsOf(modules).packages.includes('yargs'));
  t.true(modules.length <= 120, `${modules.length} modules`);
  for (const name of ['score', 'lookup', 'store', 'feedback', 'models', 'demo'])
    t.regex(stdout, new RegExp(`^  bowerbird ${name}\\b`, 'm'));
});

test('a command loads itself alone, also one of a group and behind a flag', async (t) => {
  const { store } = await buildWorld(t, '--columns', 'aesthetic,punsafe');
  for (const [args, command] of [
    [['lookup', store, '5'], 'lookup-command'],
    [['--memory-mb=300', 'lookup', store, '5'], 'lookup-command'],
    [['store', 'info', store], 'store-command'],
  ] as const) {
    const { modules, stdout } = loadedModules(args);
    const { commands, packages } = partsOf(modules);
    t.deepEqual(commands, [command]);
    t.deepEqual(
      packages.filter((name) => HEAVY.includes(name)),
      [],
    );
    t.true(stdout.length > 0);
    t.true(modules.length <= 200, `${modules.length} modules`);
  }
});

test('the built program loads a handful of files, none of them of a package, to print what it prints unbuilt', (t) => {
  for (const [args, most] of [
    [['--version'], 8],
    [['--help'], 10],
    [['score', '--help'], 20],
  ] as const) {
    const { modules, stdout } = loadedModules(args, BUILT);
    t.deepEqual(partsOf(modules).packages, []);
    t.true(modules.length <= most, `${args.join(' ')}: ${modules.length} files`);
    t.is(stdout, loadedModules(args).stdout);
  }
});

test('a command of the built program loads what it needs alone', async (t) => {
  const { store } = await buildWorld(t, '--columns', 'aesthetic,punsafe');
  const { modules, stdout } = loadedModules(['lookup', store, '5'], BUILT);
  t.is(stdout, loadedModules(['lookup', store, '5']).stdout);
  const ours = modules.filter((url) => !url.includes('/node_modules/'));
  t.true(ours.length <= 30, `${ours.length} files`);
  const libraries = ['arrow', 'charts', 'duckdb', 'hyparquet', 'undici'];
  t.deepEqual(
    ours.filter((url) => libraries.includes(/([\w-]+)\.js$/.exec(url)![1]!)),
    [],
  );
  t.deepEqual(
    partsOf(modules).packages.filter((name) => HEAVY.includes(name)),
    [],
  );
});
