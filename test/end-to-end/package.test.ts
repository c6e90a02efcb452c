import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { makeWorld } from '../api/world.ts';
import { readPage } from '../docs/pages.ts';

const run = promisify(execFile);

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Installed {
  readonly app: string;
  readonly packed: Packed;
}

let installed: Promise<Installed> | undefined;
test.after.always(async () => {
  if (installed) await rm((await installed).app, { recursive: true, force: true });
});

/** A folder with the packed package beside the dependencies of this checkout; nothing is downloaded. */
function installPacked(): Promise<Installed> {
  installed ??= install();
  return installed;
}

async function install(): Promise<Installed> {
  const app = await mkdtemp(join(tmpdir(), 'bowerbird-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--offline', '--pack-destination', app], {
    cwd: packageFolder,
  });
  const [packed] = JSON.parse(stdout) as Packed[];
  const home = join(app, 'node_modules', 'bowerbird');
  await mkdir(home, { recursive: true });
  await run('tar', ['xzf', join(app, packed!.filename), '-C', home, '--strip-components', '1']);
  await symlink(join(packageFolder, 'node_modules'), join(home, 'node_modules'));
  await mkdir(join(app, 'node_modules', '@types'));
  await symlink(join(packageFolder, 'node_modules/@types/node'), join(app, 'node_modules/@types/node'));
  // A package that bowerbird depends on too is installed once, where both find it.
  await symlink(join(packageFolder, 'node_modules/apache-arrow'), join(app, 'node_modules/apache-arrow'));
  return { app, packed: packed! };
}
test('the packed package can be imported, required and run from a fresh folder, and packs no tests', async (t) => {
  const { app, packed } = await installPacked();
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
  run: await code(api.openRun('none')),
  subset: await code(api.openSubset('none')),
  unfit: await code((async () => api.scoreEmbeddings(head, Float32Array.of(1), 1))()),
}));`,
  );
  const used = JSON.parse(await node('use.mjs'));
  t.deepEqual(used.names, [
    'BowerbirdError',
    'hashSample',
    'hashSamples',
    'loadHead',
    'openRun',
    'openStore',
    'openSubset',
    'readRun',
    'scoreEmbeddings',
  ]);
  t.regex(used.hash, /^-?\d+$/);
  t.true(used.same);
  t.deepEqual(used.scores, [2.5]);
  t.deepEqual(
    [used.store, used.run, used.subset, used.unfit],
    ['BB_STORE_NOT_FOUND', 'BB_RUN_CORRUPT', 'BB_SUBSET_CORRUPT', 'BB_HEAD_MISMATCH'],
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

test('the packed program scores a picture in processes of its own, writes the report, and brings the licences of what is in it', async (t) => {
  const { app } = await installPacked();
  await mkdir(join(app, 'pictures'));
  await copyFile(
    join(packageFolder, 'test/decode/fixtures/jpeg-1999x333.jpg'),
    join(app, 'pictures/wide.jpg'),
  );
  const home = join(app, 'node_modules/bowerbird');
  const args = ['score', 'pictures', '--output-folder', 'scored', '--json'];
  const { stdout } = await run('node', [join(home, 'dist/cli/main.js'), ...args], { cwd: app });
  const { state, successes } = JSON.parse(stdout);
  t.deepEqual([state, successes], ['done', 1]);
  t.regex(await readFile(join(app, 'scored/report.html'), 'utf8'), /<svg/);
  const script = `import { openRun } from 'bowerbird'; import { tableFromIPC, tableToIPC } from 'apache-arrow';
    const run = await openRun('scored'); console.log(tableFromIPC(tableToIPC(await run.table())).numRows)`;
  t.is((await run('node', ['--input-type=module', '-e', script], { cwd: app })).stdout, '1\n');
  const licences = await readFile(join(home, 'dist/LICENSES-OF-PACKAGES.txt'), 'utf8');
  for (const name of ['yargs', 'undici', 'apache-arrow', 'd3-array', 'fast-string-width'])
    t.regex(licences, new RegExp(`^${name} \\d+\\.[\\s\\S]{1,200}(?:Copyright|License)`, 'm'));
});

/** What the types promise to whoever uses them, compiled alone; where they allow what is marked, the mark is an error itself. */
const CONSUMER = `import { type Sample, type Subset, type Verdict, openRun, openStore, openSubset } from 'bowerbird';
const run = await openRun('out');
for await (const sample of run.samples({ columns: ['license'] as const })) {
  const aesthetic: number | null = sample.scores.aesthetic;
  const hash: bigint | null = sample.hash;
  const verdict: Verdict = sample.verdict;
  if (sample.reason === 'image_missing') console.log(aesthetic, hash, verdict, sample.columns.license);
  // @ts-expect-error not among the columns that were asked for
  sample.columns.licence;
  // @ts-expect-error what was read is not written to
  sample.key = 'x';
  // @ts-expect-error no reason of the closed list
  if (sample.reason === 'image_lost') break;
}
// @ts-expect-error no verdict
run.samples({ verdict: 'good' });
// @ts-expect-error a number
run.samples({ minAesthetic: '6' });
// @ts-expect-error a run has no such option
run.embeddings({ columns: ['key'] });
for await (const { embedding } of run.embeddings()) embedding satisfies Float32Array;
for await (const batch of run.batches()) batch.numRows satisfies number;
const free: Sample[] = [];
for await (const sample of run.samples()) free.push(sample);
const subset: Subset = await openSubset('best');
// @ts-expect-error verdicts are those of runs
subset.samples({ verdict: 'kept' });
const store = await openStore('laion.store');
// @ts-expect-error hashes are bigint
store.get(5);
for (const { hashes } of store.entries()) hashes satisfies BigInt64Array;
await store.close();
`;

const STRICT = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types: ['node'],
    outDir: 'compiled',
  },
  include: ['*.mts'],
};

test('the examples of docs/api.md compile strictly against the packed package and run, and its types refuse what is wrong', async (t) => {
  const { app } = await installPacked();
  const examples = [...readPage('docs/api.md').text.matchAll(/^```ts\n(.*?)^```$/gms)].map(
    ([, code]) => code!,
  );
  t.true(examples.length >= 6);
  for (const [i, code] of examples.entries()) await writeFile(join(app, `example${i}.mts`), code);
  await writeFile(join(app, 'consumer.mts'), CONSUMER);
  await writeFile(join(app, 'tsconfig.json'), JSON.stringify(STRICT));
  const tsc = join(packageFolder, 'node_modules/typescript/bin/tsc');
  const compiled = await run(process.execPath, [tsc, '-p', app]).catch((error: { stdout: string }) => error);
  t.is(compiled.stdout, '');

  const world = await makeWorld();
  t.teardown(() => rm(world.folder, { recursive: true, force: true }));
  const printed: string[] = [];
  for (const i of examples.keys()) {
    const { stdout } = await run(process.execPath, [join(app, 'compiled', `example${i}.mjs`)], {
      cwd: world.folder,
    });
    printed.push(stdout);
  }
  const all = printed.join('\n');
  t.regex(all, /^done 12 \d+ \{ image_missing: 2 \}$/m);
  t.regex(all, /^\d+ samples$/m);
  t.regex(all, /^BB_COLUMN_MISSING .*no column "no such column"/m);
});
