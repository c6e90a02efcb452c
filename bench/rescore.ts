// Rows per second of rescoring stored embeddings (float16, 768 dimensions) from the page cache: scores, norms and
// sums per bucket, with 1, 2 and 4 heads; the whole command with its tags; and numpy's loop, where python3 has numpy.
// Run: npm run build:tests; node .build/bench/rescore.js [--rows 200000] [--rounds 3]

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../scripts/random.ts';
import { writeRows } from '../scripts/write-rows.ts';
import { encodeNpy } from '../src/base/npy.ts';
import type { Block, BlockResult } from '../src/rescore/block-scorer.ts';
import { loadHeads } from '../src/rescore/head-set.ts';
import { readNpyLayout } from '../src/rescore/npy-header.ts';
import { ScoringThreads } from '../src/rescore/scoring-threads.ts';
import { median } from './support/median.ts';
import { cliScript, runScript, type Usage } from './support/processes.ts';

const DIMENSION = 768;
const FILES = 2;
const BLOCK_ROWS = 65_536;
const HEAD_COUNTS = [1, 2, 4];
const CHECKED_ROWS = 20_000;
const REPEATS = 3;
/** Rows of each file of the run that start-up is taken from. */
const FEW_ROWS = 500;

/** The loop of LAION's and clip-retrieval's scripts: a memory map, batches as float32, one product. No sums, no norms. */
const NUMPY_LOOP = `
import sys, time, numpy as np
paths, weights, out = sys.argv[3:], np.load(sys.argv[1]), sys.argv[2]
w = weights.astype(np.float32)
def loop():
    total = 0
    for path in paths:
        rows = np.load(path, mmap_mode="r")
        for start in range(0, len(rows), 10000):
            total += float((rows[start:start + 10000].astype(np.float32) @ w).sum())
loop()
cpu, wall = time.process_time(), time.perf_counter()
for _ in range(${REPEATS}): loop()
print(time.process_time() - cpu, time.perf_counter() - wall)
exact = np.load(paths[0], mmap_mode="r")[:${CHECKED_ROWS}].astype(np.float64) @ weights.astype(np.float64)
exact.tofile(out)
`;

interface Rate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

const { values: flags } = parseArgs({
  options: { rows: { type: 'string', default: '200000' }, rounds: { type: 'string', default: '3' } },
});
const rows = Number(flags.rows);
const rounds = Number(flags.rounds);
const threadCount = availableParallelism();

function unitRows(next: () => number, count: number): Float32Array {
  const values = new Float32Array(count * DIMENSION);
  for (let row = 0; row < count; row++) {
    const some = values.subarray(row * DIMENSION, (row + 1) * DIMENSION);
    for (let i = 0; i < DIMENSION; i++) some[i] = next() + next() + next() - 1.5;
    const length = Math.hypot(...some);
    for (let i = 0; i < DIMENSION; i++) some[i]! /= length;
  }
  return values;
}

async function makeFolder(folder: string, count: number): Promise<string[]> {
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

async function makeHeads(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (let head = 0; head < Math.max(...HEAD_COUNTS); head++) {
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

async function measureScoring(
  paths: readonly string[],
  headPaths: readonly string[],
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
    Array.from({ length: REPEATS }, () => blocks)
      .flat()
      .map((block) => threads.score(block)),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  await threads.stop();
  const scored = REPEATS * blocks.reduce((sum, { rowCount }) => sum + rowCount, 0);
  return {
    rate: { perSecond: scored / seconds, perCpuSecond: scored / ((user + system) / 1e6) },
    first: first!,
  };
}

function measureNumpy(
  folder: string,
  paths: readonly string[],
): { rate: Rate; exact: Float64Array } | undefined {
  const out = join(folder, 'exact.f64');
  const ended = spawnSync('python3', ['-c', NUMPY_LOOP, join(folder, 'weights.npy'), out, ...paths], {
    encoding: 'utf8',
    env: { ...process.env, OPENBLAS_NUM_THREADS: String(threadCount) },
  });
  if (ended.status !== 0) return undefined;
  const [cpuSeconds, seconds] = ended.stdout.trim().split(' ').map(Number) as [number, number];
  const scored = REPEATS * FILES * Math.floor(rows / FILES);
  const bytes = readFileSync(out);
  const exact = new Float64Array(Uint8Array.from(bytes).buffer);
  return { rate: { perSecond: scored / seconds, perCpuSecond: scored / cpuSeconds }, exact };
}

/** What the rows cost the whole command, beyond what it costs with few. */
async function measureCommand(folder: string, head: string, extra: readonly string[]): Promise<Rate> {
  const few = await runCommand(join(folder, 'few'), head, extra);
  const all = await runCommand(folder, head, extra);
  const more = rows - FEW_ROWS * FILES;
  return {
    perSecond: more / (all.wallSeconds - few.wallSeconds),
    perCpuSecond: more / (all.cpuSeconds - few.cpuSeconds),
  };
}

async function runCommand(folder: string, head: string, extra: readonly string[]): Promise<Usage> {
  const out = join(folder, 'out');
  await rm(out, { recursive: true, force: true });
  const args = ['score', folder, '--input-format', 'embeddings', '--aesthetic-head', head];
  return runScript(cliScript, [...args, '--output-folder', out, ...extra]);
}

function show(what: string, rates: readonly Rate[]): void {
  const millions = (values: readonly number[]): string => {
    const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => (value / 1e6).toFixed(2));
    return `${(median(values) / 1e6).toFixed(2)} M (${least} to ${most})`;
  };
  const perSecond = millions(rates.map((rate) => rate.perSecond));
  const perCpuSecond = millions(rates.map((rate) => rate.perCpuSecond));
  console.log(`${what.padEnd(44)} ${perSecond} rows/s, ${perCpuSecond} rows per CPU-second`);
}

const folder = await mkdtemp(join(tmpdir(), 'bowerbird-bench-rescore-'));
try {
  const paths = await makeFolder(folder, Math.floor(rows / FILES));
  await makeFolder(join(folder, 'few'), FEW_ROWS);
  const headPaths = await makeHeads(folder);
  const results = new Map<string, Rate[]>();
  const note = (what: string, rate: Rate): void => {
    results.set(what, [...(results.get(what) ?? []), rate]);
  };
  let largest = 0;
  for (let round = 0; round < rounds; round++) {
    const numpy = measureNumpy(folder, paths);
    if (numpy) note('numpy loop, 1 head, scores alone', numpy.rate);
    for (const count of HEAD_COUNTS) {
      const { rate, first } = await measureScoring(paths, headPaths.slice(0, count));
      note(`scores, norms, sums: ${count} head${count > 1 ? 's' : ''}, ${threadCount} threads`, rate);
      for (const [row, exact] of (numpy?.exact ?? []).entries()) {
        largest = Math.max(largest, Math.abs(first.scores[0]![row]! - (exact + 3.5)));
      }
    }
    note(
      'rows of the whole command, 1 head, --scores-only',
      await measureCommand(folder, headPaths[0]!, ['--scores-only']),
    );
    note('rows of the whole command, 1 head', await measureCommand(folder, headPaths[0]!, []));
  }
  console.log(
    `${rows} rows of ${DIMENSION} float16 in ${FILES} files, ${threadCount} cores, medians of ${rounds} rounds`,
  );
  for (const [what, rates] of results) show(what, rates);
  if (results.has('numpy loop, 1 head, scores alone')) {
    console.log(
      `largest difference from numpy in float64, as float32 in the tags: ${largest.toExponential(2)}`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
