import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { IS_FENCED, runFenced } from '../../scripts/mutation/fence.ts';
import { applied, mutantsOf } from '../../scripts/mutation/mutants.ts';
import { scoreRow, survivorLines } from '../../scripts/mutation/report.ts';
import { mutateRoom, type RoomOptions } from '../../scripts/mutation/room.ts';
import { sample } from '../../scripts/mutation/sample.ts';
import { packageFolder } from '../../src/base/package.ts';
import { makeFolder } from '../helpers/make-folder.ts';

/** A room with a bound that is tested on one side only, a sum that is tested well, and a file that no test runs. */
const TINY: Readonly<Record<string, string>> = {
  'package.json': '{ "type": "module" }',
  'ava.config.js': `export default { files: [process.env.BOWERBIRD_BUILD_FOLDER + '/test/**/*.test.js'] };`,
  '.build/src/tiny/bound.js': 'export function isLarge(n) {\n  return n > 5;\n}\n',
  '.build/src/tiny/next.js': 'export const next = (n) => n + 2;\n',
  '.build/src/tiny/unused.js': 'export const unused = (n) => n === 3;\n',
  '.build/test/tiny/tiny.test.js': `import test from 'ava';
import { isLarge } from '../../src/tiny/bound.js';
test('six is large', (t) => t.true(isLarge(6)));
`,
  '.build/test/elsewhere/next.test.js': `import test from 'ava';
import { next } from '../../src/tiny/next.js';
test('after four comes six', (t) => t.is(next(4), 6));
`,
  '.build/test/elsewhere/other.test.js': `import test from 'ava';
test('a test of something else', (t) => t.fail());
`,
};

async function makeTinyProject(t: ExecutionContext): Promise<string> {
  const folder = await makeFolder(t);
  for (const [name, text] of Object.entries(TINY)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await symlink(join(packageFolder, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

const optionsFor = (folder: string, signal = new AbortController().signal): RoomOptions => ({
  ...{ folder, buildFolder: '.build', room: 'tiny', count: 100, seed: 1, parallel: 1 },
  ...{ at: '', also: [], signal, onProgress: () => undefined },
});

const copiesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.startsWith('.build-mutant'));

test('a mutant that a test notices is killed; one that none notices, or none runs, survives and is shown', async (t) => {
  const folder = await makeTinyProject(t);
  const verdicts = await mutateRoom(optionsFor(folder));
  t.deepEqual(
    verdicts.map(({ ending, diff: [, after] }) => [ending, after]),
    [
      ['survived', 'return n >= 5;'],
      ['killed', 'export const next = (n) => n - 2;'],
      ['not reached', 'export const unused = (n) => n !== 3;'],
    ],
  );
  t.regex(verdicts[1]!.killer, /after four comes six/);
  t.deepEqual(survivorLines(verdicts), [
    '.build/src/tiny/bound.js:2  change a comparison',
    '  - return n > 5;',
    '  + return n >= 5;',
    '.build/src/tiny/unused.js:1  change a comparison  (no test near it runs this line)',
    '  - export const unused = (n) => n === 3;',
    '  + export const unused = (n) => n !== 3;',
  ]);
  t.regex(scoreRow('tiny', verdicts, 7), /^\| tiny \| 3 \| 1 \| 2 \| 33 % \| 7 \| \d{4}-\d\d-\d\d \|$/);
  for (const [name, text] of Object.entries(TINY)) t.is(await readFile(join(folder, name), 'utf8'), text);
  t.deepEqual(await copiesIn(folder), []);
});

test('an interrupted run gives what is known and leaves no copy of the build', async (t) => {
  const folder = await makeTinyProject(t);
  const interrupt = new AbortController();
  const verdicts = await mutateRoom({
    ...optionsFor(folder, interrupt.signal),
    onProgress: (line) => {
      if (line.startsWith('1/')) interrupt.abort();
    },
  });
  t.is(verdicts.length, 1);
  t.deepEqual(await copiesIn(folder), []);
});

test('the same seed draws the same, another seed something else; fewer are the beginning of more', (t) => {
  const all = Array.from({ length: 100 }, (_, i) => i);
  t.deepEqual(sample(all, 10, 1), sample(all, 10, 1));
  t.notDeepEqual(sample(all, 10, 1), sample(all, 10, 2));
  t.deepEqual(sample(all, 10, 1), sample(all, 20, 1).slice(0, 10));
  t.deepEqual(
    sample(all, 1000, 1).toSorted((a, b) => a - b),
    all,
  );
});

test('a command that takes too long is ended with all that it started, also in groups of their own', async (t) => {
  if (!IS_FENCED) return void t.pass('no namespaces here');
  const marker = `${100_000 + process.pid}.25`;
  const command = ['sh', '-c', `setsid sleep ${marker} & sleep ${marker}`];
  const ended = await runFenced(command, { cwd: packageFolder, env: process.env, timeoutMs: 2000 });
  t.true(ended.timedOut);
  await t.notThrowsAsync(async () => {
    while (execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' }).includes(marker)) await sleep(50);
  });
});

const mutated = (text: string): string[] => mutantsOf(text).map((change) => applied(change, text));

test('each operator changes one thing', (t) => {
  t.deepEqual(mutated('if (a && b) f();'), [
    'if (((a) || (b))) f();',
    'if (!(a && b)) f();',
    'if (a && b) ;',
  ]);
  t.deepEqual(mutated('const c = a ?? b;'), ['const c = (a);']);
  t.deepEqual(mutated('const c = a || b;'), ['const c = (a);', 'const c = ((a) && (b));']);
  t.deepEqual(mutated('const c = a + b <= d;'), ['const c = a - b <= d;', 'const c = a + b < d;']);
  t.deepEqual(mutated('c -= a ? true : n;'), [
    'c += a ? true : n;',
    'c -= !(a) ? true : n;',
    'c -= a ? false : n;',
  ]);
  t.deepEqual(mutated("const c = [0, 1n, '', 2];"), [
    "const c = [1, 1n, '', 2];",
    "const c = [0, 0n, '', 2];",
    "const c = [0, 1n, 'mutated', 2];",
  ]);
  t.deepEqual(mutated('const f = async () => { await g(); return n; };'), [
    'const f = async () => { return; await g(); return n; };',
    'const f = async () => { ; return n; };',
  ]);
  t.deepEqual(mutated('for (const n of all) if (n === m) continue;'), [
    'for (const n of all) ;',
    'for (const n of all) if (!(n === m)) continue;',
    'for (const n of all) if (n !== m) continue;',
  ]);
});

test('words for people, what only costs time, and the inside of a kill are left as they are', (t) => {
  t.deepEqual(mutated("console.log('a', n > 1);"), []);
  t.deepEqual(mutated('timer.unref();'), []);
  t.deepEqual(mutated('const c = `row$'.concat("{n === 1 ? '' : 's'}`;")), []);
  t.deepEqual(mutated('throw new TypeError(a || b);'), [';']);
  t.deepEqual(mutated('process.kill(pid, 0);'), [';']);
  t.deepEqual(mutated("const c = a + 'b';"), []);
});
