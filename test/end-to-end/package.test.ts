import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { packageFolder } from '../../src/base/package.ts';

const run = promisify(execFile);

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** A fresh folder with the packed package beside the dependencies of this checkout; nothing is downloaded. */
async function installPacked(t: ExecutionContext): Promise<{ app: string; packed: Packed }> {
  const app = await mkdtemp(join(tmpdir(), 'bowerbird-package-'));
  t.teardown(() => rm(app, { recursive: true, force: true }));
  const { stdout } = await run('npm', ['pack', '--json', '--offline', '--pack-destination', app], {
    cwd: packageFolder,
  });
  const [packed] = JSON.parse(stdout) as Packed[];
  const home = join(app, 'node_modules', 'bowerbird');
  await mkdir(home, { recursive: true });
  await run('tar', ['xzf', join(app, packed!.filename), '-C', home, '--strip-components', '1']);
  await symlink(join(packageFolder, 'node_modules'), join(home, 'node_modules'));
  return { app, packed: packed! };
}

test('the packed package can be imported, required and run from a fresh folder, and packs no tests', async (t) => {
  const { app, packed } = await installPacked(t);
  const node = async (...args: string[]): Promise<string> => (await run('node', args, { cwd: app })).stdout;

  await writeFile(
    join(app, 'head.json'),
    JSON.stringify({
      format: 'bowerbird-head',
      version: 1,
      layers: [{ weights: [[1, 2]], bias: [0.5] }],
    }),
  );
  await writeFile(
    join(app, 'use.mjs'),
    `import * as api from 'bowerbird';
const head = await api.loadHead('head.json', {});
const code = (promise) => promise.then(() => 'none', (error) => error.code);
console.log(JSON.stringify({
  names: Object.keys(api).sort(),
  hash: String(api.hashSample('http://127.0.0.1/a.jpg', 'a')),
  same: api.hashSamples([{ url: 'http://127.0.0.1/', caption: 'a.jpga' }])[0] === api.hashSample('http://127.0.0.1/a.jpga'),
  scores: [...api.scoreEmbeddings(head, Float32Array.of(0, 1), 1)],
  store: await code(api.openStore('none')),
  run: await code(api.readRun('none')),
  unfit: await code((async () => api.scoreEmbeddings(head, Float32Array.of(1), 1))()),
}));`,
  );
  const used = JSON.parse(await node('use.mjs'));
  t.deepEqual(used.names, [
    'BowerbirdError',
    'hashSample',
    'hashSamples',
    'loadHead',
    'openStore',
    'readRun',
    'scoreEmbeddings',
  ]);
  t.regex(used.hash, /^-?\d+$/);
  t.true(used.same);
  t.deepEqual(used.scores, [2.5]);
  t.deepEqual(
    [used.store, used.run, used.unfit],
    ['BB_STORE_NOT_FOUND', 'BB_RUN_CORRUPT', 'BB_HEAD_MISMATCH'],
  );

  await writeFile(join(app, 'use.cjs'), "console.log(typeof require('bowerbird').hashSample)");
  t.is((await node('use.cjs')).trim(), 'function');
  const bin = join('node_modules', 'bowerbird', 'dist', 'cli', 'main.js');
  const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'));
  t.true((await node(bin, '--version')).includes(manifest.version));

  const names = packed.files.map(({ path }) => path);
  t.true(names.includes('schemas/run.schema.json') && names.includes('dist/api/index.d.ts'));
  t.deepEqual(
    names.filter((name) => /\.map$|^test\/|\.test\.|^\.build|^\.npmrc/.test(name)),
    [],
  );
});
