import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { ScoreRows } from '../../src/samples/score-rows.ts';
import { type BuildOptions, type BuildResult, buildStore } from '../../src/store/build.ts';

/** A temporary folder that goes with the test. */
export async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-store-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Whole numbers below 2^32, the same for the same seed (xorshift32). */
export function randomWords(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** `count` hashes over all of int64. */
export function randomHashes(count: number, seed: number): BigInt64Array {
  const next = randomWords(seed);
  const words = Uint32Array.from({ length: 2 * count }, next);
  return new BigInt64Array(words.buffer);
}

/** Rows in batches of `batchRows`. */
export async function* inBatches(rows: ScoreRows, batchRows = 10_000): AsyncGenerator<ScoreRows> {
  for (let from = 0; from < rows.hashes.length; from += batchRows) {
    yield {
      hashes: rows.hashes.slice(from, from + batchRows),
      columns: rows.columns.map((column) => column.slice(from, from + batchRows)),
    };
  }
}

/** Builds a store of one float16 column `aesthetic`, unless `options` say otherwise. */
export function build(
  output: string,
  rows: ScoreRows,
  options: Partial<BuildOptions> = {},
): Promise<BuildResult> {
  const columns = (['aesthetic', 'punsafe', 'pwatermark'] as const).slice(0, rows.columns.length);
  return buildStore({
    output,
    rows: inBatches(rows),
    columns,
    precision: 'float16',
    memoryMb: 64,
    ...options,
  });
}
