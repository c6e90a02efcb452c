import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import type { Block } from '../../src/rescore/block-scorer.ts';
import { loadHeads } from '../../src/rescore/head-set.ts';
import { readNpyLayout } from '../../src/rescore/npy-header.ts';
import { ScoringThreads } from '../../src/rescore/scoring-threads.ts';
import {
  aestheticHead,
  headWeights,
  linearScore,
  npyFile,
  temporaryFolder,
  unitRows,
  writeHead,
} from './setup.ts';
import { twoThreads } from './two-threads.ts';

const DIMENSION = 16;
const ROWS = 24;
const LEAVING_PROCESS = fileURLToPath(new URL('./leaving-process.js', import.meta.url));

/** Threads with one head, and a block for each row of one file. `digest` instead of the head's own. */
async function start(t: ExecutionContext, threadCount: number, digest?: string) {
  const folder = await temporaryFolder(t);
  const values = unitRows(1, ROWS, DIMENSION);
  const path = join(folder, 'rows.npy');
  await writeFile(path, npyFile(values, DIMENSION));
  const weights = headWeights(1, DIMENSION);
  const source = aestheticHead(await writeHead(join(folder, 'head.json'), weights, 5));
  const [loaded] = await loadHeads([source]);
  const threads = new ScoringThreads(threadCount, {
    pins: [{ ...source, digest: digest ?? loaded!.head.digest }],
    ...{ bucketHead: 0, requireUnitNorm: true, normalise: false },
  });
  t.teardown(() => threads.stop());
  const layout = readNpyLayout(path);
  const blocks = Array.from({ length: ROWS }, (_, i): Block => ({ path, layout, firstRow: i, rowCount: 1 }));
  const expected = blocks.map((_, i) =>
    linearScore([...values.subarray(i * DIMENSION, (i + 1) * DIMENSION)], weights, 5),
  );
  return { threads, blocks, expected };
}

for (const threadCount of [1, 3]) {
  test(`more blocks than threads wait for one, and each gets its own scores: ${threadCount}`, async (t) => {
    const { threads, blocks, expected } = await start(t, threadCount);
    const ended: number[] = [];
    const results = await Promise.all(
      blocks.map(async (block) => {
        const result = await threads.score(block);
        ended.push(block.firstRow);
        return result;
      }),
    );
    for (const [i, { scores }] of results.entries())
      t.true(Math.abs(scores[0]![0]! - expected[i]!) < 1e-5, `row ${i}`);
    if (threadCount === 1)
      t.deepEqual(ended, [...blocks.keys()], 'in the order in which they were asked for');
  });
}

test('a thread that breaks fails the block in hand, those that wait and those that come later', async (t) => {
  const { threads, blocks } = await start(t, 1, 'of another file');
  const settled = await Promise.allSettled(blocks.map((block) => threads.score(block)));
  for (const outcome of settled)
    t.regex(outcome.status === 'rejected' ? String(outcome.reason) : '', /was changed while it was in use/);
  await t.throwsAsync(threads.score(blocks[0]!), { any: true, message: /was changed while it was in use/ });
});

test('a block that cannot be read fails alone, and the thread goes on', async (t) => {
  const { threads, blocks } = await start(t, 1);
  const lost = threads.score({ ...blocks[0]!, path: join('/nowhere', 'rows.npy') });
  const next = threads.score(blocks[1]!);
  await t.throwsAsync(lost, { code: 'BB_SHARD_READ', message: /nowhere/ });
  t.is((await next).states[0], 0);
});

/** A head that onnxruntime is started for, and so many rows that it works for a while. */
async function makeWideWork(t: ExecutionContext): Promise<{ readonly head: string; readonly path: string }> {
  const folder = await temporaryFolder(t);
  const [dimension, width, rowCount] = [64, 1024, 100_000];
  const path = join(folder, 'rows.npy');
  await writeFile(path, npyFile(unitRows(1, rowCount, dimension), dimension));
  const values = headWeights(1, dimension * width).map(Math.fround);
  const weights = Array.from({ length: width }, (_, o) => values.slice(o * dimension, (o + 1) * dimension));
  const layers = [
    { weights, bias: weights.map(() => 0), activation: 'relu' },
    { weights: [weights.map(() => 1 / width)], bias: [5] },
  ];
  const head = join(folder, 'head.json');
  await writeFile(head, JSON.stringify({ format: 'bowerbird-head', version: 1, layers }));
  return { head, path };
}

test('threads that are stopped while onnxruntime works for them end, and the process goes on', async (t) => {
  const { head, path } = await makeWideWork(t);
  const { threads, score } = await twoThreads(head, path);
  await Promise.all(score());
  let isScored = false;
  void Promise.all(score()).then(() => {
    isScored = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await threads.stop();
  t.false(isScored, 'they were stopped at work');
});

test('a process that leaves while onnxruntime works for its threads ends with its own code', async (t) => {
  const { head, path } = await makeWideWork(t);
  const child = spawn(process.execPath, [LEAVING_PROCESS, head, path, '42'], { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  t.is(code, 42);
});
