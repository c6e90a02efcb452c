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
import { type StoreWork, type WriteMode, writeStore } from './write-store.ts';

const writer = fileURLToPath(new URL('../helpers/store-write-process.js', import.meta.url));
const reader = fileURLToPath(new URL('../helpers/store-read-process.js', import.meta.url));
/** A build has all rows, an `add` the first of them. */
const ROWS = 30_000;
const ADDED_ROWS = 8000;

/**
 * What is killed, and after which step. A build reports some 2050 steps, an addition 2000, a compaction some ten; what
 * follows is sealing and publishing.
 */
const MOMENTS: readonly (readonly [WriteMode, step: number])[] = [
  ['build', 2],
  ['add', 500],
  ['compact', 1],
  ['build', 2049],
  ['add', 1],
  ['build', 1500],
  ['compact', 4],
  ['add', 1990],
  ['build', 2051],
  ['compact', 2],
];
/** `npm run kills` does 30. */
const KILLS = Number(process.env['BOWERBIRD_KILLS'] ?? MOMENTS.length);

/** What a store of this test says: the score of the rows that `add` changes, and of the others. */
type State = readonly [added: number, others: number] | undefined;

const HASHES = randomHashes(ROWS, 1);

function workOf(mode: WriteMode, path: string, score: number): StoreWork {
  return { mode, path, rows: mode === 'build' ? ROWS : ADDED_ROWS, score };
}

/** Ends the writer with SIGKILL `delayMs` after its `steps`th step; true where it was killed in time. */
async function writeAndKill(work: StoreWork, steps: number, delayMs: number): Promise<boolean> {
  const { mode, path, rows, score } = work;
  const child = spawn(process.execPath, [writer, mode, path, String(rows), String(score)], {
    // What is killed can say nothing of its coverage.
    env: { ...process.env, NODE_V8_COVERAGE: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
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

/** Every byte is checked, and every row asked for; a store that holds parts of two states throws. */
async function stateOf(path: string): Promise<State> {
  if (!existsSync(join(path, 'CURRENT'))) {
    const code = await openStore(path).catch(codeOf);
    if (code !== 'BB_STORE_NOT_FOUND') throw new Error(`opening a store that is none ended with ${code}`);
    return undefined;
  }
  await verifyStore(path);
  const store = await openStore(path);
  const { found, columns } = store.getMany(HASHES);
  await store.close();
  const added = new Set(columns[0]!.subarray(0, ADDED_ROWS));
  const others = new Set(columns[0]!.subarray(ADDED_ROWS));
  if (found.includes(0) || added.size !== 1 || others.size !== 1)
    throw new Error('the store holds a part of a version');
  return [[...added][0]!, [...others][0]!];
}

/** What the store says once the work is done. */
function after(mode: WriteMode, score: number, before: State): State {
  if (mode === 'build') return [score, score];
  return mode === 'add' && before ? [score, before[1]] : before;
}

test(`${KILLS} kills at any moment of builds, additions and compactions leave the state before or the one after`, async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const next = randomWords(77);
  let before: State;
  let killed = 0;
  let changed = 0;
  for (let i = 0; killed < KILLS; i++) {
    // What is killed may leave no store; then there is only one to build.
    if (!before && i > 0) {
      await writeStore(workOf('build', path, i));
      before = await stateOf(path);
    }
    const [mode, steps] = MOMENTS[i % MOMENTS.length]!;
    if (await writeAndKill(workOf(mode, path, i), steps, next() % 25)) killed++;
    const state = await stateOf(path);
    const done = after(mode, i, before);
    const isBefore = JSON.stringify(state) === JSON.stringify(before);
    t.true(isBefore || JSON.stringify(state) === JSON.stringify(done), `kill ${i} of ${mode}: ${state}`);
    if (!isBefore) changed++;
    before = state;
  }
  t.log(`${killed} killed; ${changed} times the new version was there already`);
  // What an unfinished one left goes with the next build, the versions that were in use then with the one after.
  await writeStore(workOf('build', path, 998));
  await writeStore(workOf('build', path, 999));
  t.deepEqual(await stateOf(path), [999, 999]);
  const left = (await readdir(path)).filter((name) => name !== 'CURRENT');
  t.true(left.length <= 2 && left.every((name) => /^v\d{4}$/.test(name)), left.join());
});

test('two other processes read on through 12 publications: no answer is wrong and none fails', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const rows = { build: 8000, add: 2000, compact: 0 };
  await writeStore({ mode: 'build', path, rows: rows.build, score: 1 });
  const readers = [0, 1].map(() => {
    const child = spawn(process.execPath, [reader, path, String(rows.build), String(rows.add)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return { child, lines };
  });
  let state: State = [1, 1];
  for (const { lines } of readers) t.is((await lines.next()).value, '1,1');
  for (let i = 0; i < 12; i++) {
    const mode = (['add', 'compact', 'build', 'add'] as const)[i % 4]!;
    await writeStore({ mode, path, rows: rows[mode], score: 2 + i });
    if (mode === 'compact') continue;
    state = after(mode, 2 + i, state);
    // Each reader comes to the new state by itself.
    for (const { lines } of readers) t.is((await lines.next()).value, String(state));
  }
  for (const { child, lines } of readers) {
    child.stdin.end();
    const report = JSON.parse((await lines.next()).value as string) as Record<string, number>;
    t.log(JSON.stringify(report));
    t.like(report, { wrong: 0, failed: 0 });
  }
});
