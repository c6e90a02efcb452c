import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../scripts/random.ts';
import { writeRows } from '../../scripts/write-rows.ts';
import { encodeNpy } from '../../src/base/npy.ts';
import type { Block, BlockResult } from '../../src/rescore/block-scorer.ts';
import { loadHeads } from '../../src/rescore/head-set.ts';
import { readNpyLayout } from '../../src/rescore/npy-header.ts';
import { ScoringThreads } from '../../src/rescore/scoring-threads.ts';

export const DIMENSION = 768;
/** Pairs of embeddings and metadata. */
export const FILES = 2;
const BLOCK_ROWS = 65_536;

/** How fast rows are scored. */
export interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

function unitRows(next: () => number, count: number): Float32Array {
  const values = new Float32Array(count * DIMENSION);
  for (let row = 0; row < count; row++) {
    const some = values.subarray(row * DIMENSION, (row + 1) * DIMENSION);
    for (let i = 0; i < DIMENSION; i++) some[i] = next() + next() + next() - 1.5;
    const length = Math.sqrt(some.reduce((sum, value) => sum + value * value, 0));
    for (let i = 0; i < DIMENSION; i++) some[i]! /= length;
  }
  return values;
}

/** A folder as clip-retrieval has it, of rows of length 1 in float16, `count` in each file; gives the files of embeddings. */
export async function writeEmbeddings(folder: string, count: number): Promise<string[]> {
  await mkdir(join(folder, 'img_emb'), { recursive: true });
  await mkdir(join(folder, 'metadata'), { recursive: true });
  const random = new Random(1);
  const next = (): number => random.next();
  const paths: string[] = [];
  for (let file = 0; file < FILES; file++) {
    const path = join(folder, 'img_emb', `img_emb_${file}.npy`);
    await writeFile(path, encodeNpy('float16', [count, DIMENSION], unitRows(next, count)));
    const metadata = Array.from({ length: count }, (_, row) => ({
      image_path: String(row).padStart(9, '0'),
      caption: `a picture of number ${row} beside a house, taken on a sunny day`,
      url: `https://images.example.com/${file}/${row}.jpg`,
    }));
    const columns = { image_path: 'VARCHAR', caption: 'VARCHAR', url: 'VARCHAR' } as const;
    await writeRows(join(folder, 'metadata', `metadata_${file}.parquet`), columns, metadata);
    paths.push(path);
  }
  return paths;
}

/** Linear heads; the first one's weights as `weights.npy` too. */
export async function writeHeads(folder: string, headCount: number): Promise<string[]> {
  const paths: string[] = [];
  for (let head = 0; head < headCount; head++) {
    const random = new Random(head + 2);
    // Of the length of LAION's own head.
    const weights = Array.from(
      { length: DIMENSION },
      () => 28.4 * Math.sqrt(12 / DIMENSION) * (random.next() - 0.5),
    );
    const path = join(folder, `head${head}.json`);
    const layers = [{ weights: [weights.map(Math.fround)], bias: [3.5] }];
    await writeFile(path, JSON.stringify({ format: 'bowerbird-head', version: 1, layers }));
    if (head === 0) {
      await writeFile(
        join(folder, 'weights.npy'),
        encodeNpy('float32', [DIMENSION], Float32Array.from(weights)),
      );
    }
    paths.push(path);
  }
  return paths;
}

function blocksOf(paths: readonly string[]): Block[] {
  return paths.flatMap((path) => {
    const layout = readNpyLayout(path);
    return Array.from({ length: Math.ceil(layout.rowCount / BLOCK_ROWS) }, (_, i) => {
      const firstRow = i * BLOCK_ROWS;
      return { path, layout, firstRow, rowCount: Math.min(BLOCK_ROWS, layout.rowCount - firstRow) };
    });
  });
}

/** Scores, lengths and sums of files that are in the page cache, `repeats` times. */
export async function measureScoring(
  paths: readonly string[],
  headPaths: readonly string[],
  { threadCount, repeats }: { readonly threadCount: number; readonly repeats: number },
): Promise<{ readonly rate: Rate; readonly first: BlockResult }> {
  const sources = headPaths.map((path, i) => ({ column: `score${i}`, path }));
  const heads = await loadHeads(sources);
  const threads = new ScoringThreads(threadCount, {
    pins: sources.map((source, i) => ({ ...source, digest: heads[i]!.head.digest })),
    bucketHead: 0,
    requireUnitNorm: true,
    normalise: false,
  });
  const blocks = blocksOf(paths);
  // Brings the files into the page cache and the kernel to its final speed.
  const [first] = await Promise.all(blocks.map((block) => threads.score(block)));
  const before = process.cpuUsage();
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: repeats }, () => blocks)
      .flat()
      .map((block) => threads.score(block)),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  await threads.stop();
  const scored = repeats * blocks.reduce((sum, { rowCount }) => sum + rowCount, 0);
  return {
    rate: { perSecond: scored / seconds, perCpuSecond: scored / ((user + system) / 1e6) },
    first: first!,
  };
}
