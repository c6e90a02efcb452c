import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { codeOf } from '../../src/base/errors.ts';
import { openStore } from '../../src/store/reader.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { makeFolder, randomHashes, randomWords } from './rows.ts';

const writer = fileURLToPath(new URL('../helpers/store-write-process.js', import.meta.url));
const reader = fileURLToPath(new URL('../helpers/store-read-process.js', import.meta.url));
/** A build has all rows, an `add` the first of them. */
const ROWS = 30_000;
const ADDED_ROWS = 8000;

type Mode = 'build' | 'add' | 'compact';

/** What a writer is started for. */
interface Work {
  readonly mode: Mode;
  readonly path: string;
  readonly score: number;
}

/** What a store of this test says: the score of the rows that `add` changes, and of the others. */
type State = readonly [added: number, others: number] | undefined;

function startWriter({ mode, path, score }: Work): ReturnType<typeof spawn> {
  const rows = mode === 'build' ? ROWS : ADDED_ROWS;
  return spawn(process.execPath, [writer, mode, path, String(rows), String(score)], {
    // What is killed can say nothing of its coverage.
    env: { ...process.env, NODE_V8_COVERAGE: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Ends the writer with SIGKILL `delayMs` after its `steps`th step; true where it was killed in time. */
async function writeAndKill(work: Work, steps: number, delayMs: number): Promise<boolean> {
  const child = startWriter(work);
  const closed = once(child, 'close');
  let seen = 0;
  for await (const _ of createInterface({ input: child.stdout! })) {
    if (++seen < steps) continue;
    await setTimeout(delayMs);
    child.kill('SIGKILL');
    break;
  }
  const [, signal] = (await closed) as [number | null, string | null];
  return signal === 'SIGKILL';
}

async function write(mode: Mode, path: string, score: number): Promise<void> {
  const child = startWriter({ mode, path, score });
  child.stdout!.resume();
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${mode} ended with ${code}`);
}

/** Every byte is checked, and every row asked for; a store that holds parts of two states throws. */
async function stateOf(path: string): Promise<State> {
  if (!existsSync(join(path, 'CURRENT'))) {
    const code = await openStore(path).catch(codeOf);
    if (code !== 'BB_STORE_NOT_FOUND') throw new Error(`opening a store that is none ended with ${code}`);
    return undefined;
  }
  await verifyStore(path);
  const store = await openStore(path);
  const { found, columns } = store.getMany(randomHashes(ROWS, 1));
  await store.close();
  const added = new Set(columns[0]!.subarray(0, ADDED_ROWS));
  const others = new Set(columns[0]!.subarray(ADDED_ROWS));
  if (found.includes(0) || added.size !== 1 || others.size !== 1)
    throw new Error('the store holds a part of a version');
  return [[...added][0]!, [...others][0]!];
}

/** What the store says once the work is done. */
function after(mode: Mode, score: number, before: State): State {
  if (mode === 'build') return [score, score];
  return mode === 'add' && before ? [score, before[1]] : before;
}

test('50 kills at any moment of builds, additions and compactions leave the state before or the one after', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const next = randomWords(77);
  let before: State;
  let killed = 0;
  let changed = 0;
  for (let i = 0; killed < 50; i++) {
    const mode: Mode = before ? (['build', 'add', 'add', 'compact'] as const)[i % 4]! : 'build';
    // A build reports some 2050 steps, an addition too, a compaction some ten; what follows is sealing and publishing.
    const steps = mode === 'compact' ? 1 + (next() % 5) : [1, 2, 500, 1500, 2049, 2051][next() % 6]!;
    if (await writeAndKill({ mode, path, score: i }, steps, next() % 25)) killed++;
    const state = await stateOf(path);
    const done = after(mode, i, before);
    const isBefore = JSON.stringify(state) === JSON.stringify(before);
    t.true(isBefore || JSON.stringify(state) === JSON.stringify(done), `kill ${i} of ${mode}: ${state}`);
    if (!isBefore) changed++;
    before = state;
  }
  t.log(`${killed} killed; ${changed} times the new version was there already`);
  // What an unfinished one left goes with the next build, the versions that were in use then with the one after.
  await write('build', path, 98);
  await write('build', path, 99);
  t.deepEqual(await stateOf(path), [99, 99]);
  const left = (await readdir(path)).filter((name) => name !== 'CURRENT');
  t.true(left.length <= 2 && left.every((name) => /^v\d{4}$/.test(name)), left.join());
});

test('two other processes read on through 20 publications: no answer is wrong and none fails', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  await write('build', path, 1);
  const readers = [0, 1].map(() => {
    const child = spawn(process.execPath, [reader, path, String(ROWS), String(ADDED_ROWS)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, lines };
  });
  for (const { lines } of readers) t.is((await lines.next()).value, 'reading');
  for (let i = 0; i < 20; i++) {
    await write((['add', 'compact', 'build', 'add'] as const)[i % 4]!, path, 2 + i);
  }
  for (const { child, lines } of readers) {
    child.stdin.end();
    const report = JSON.parse((await lines.next()).value as string) as Record<string, number>;
    t.log(JSON.stringify(report));
    t.like(report, { wrong: 0, failed: 0 });
    t.true(report['answers']! > 20 && report['states']! >= 3);
  }
});
