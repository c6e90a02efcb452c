import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { toHalves } from '../../scripts/half.ts';
import { type CellValue, type ColumnType, writeRows } from '../../scripts/write-rows.ts';
import { BowerbirdError } from '../../src/base/errors.ts';
import type { RescoreConfig } from '../../src/rescore/config.ts';
import { type RescoreOutcome, runRescore } from '../../src/rescore/rescore.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';

/** A temporary folder that goes with the test. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-rescore-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const HALF_VALUES = Float64Array.from({ length: 0x10000 }, (_, bits) => {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = Math.floor(bits / 1024) % 32;
  const fraction = bits % 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
});

/** The value of IEEE 754 binary16 bits, by the standard's definition. */
export function halfValue(bits: number): number {
  return HALF_VALUES[bits]!;
}

/** Numbers in (0, 1) that repeat from run to run. */
function openNumbers(seed: number): () => number {
  const random = randomNumbers(seed);
  return () => random() + 0.5 / 2 ** 32;
}

/** Rows of length 1 in float32, row by row. */
export function unitRows(seed: number, rowCount: number, dimension: number): Float32Array {
  const random = openNumbers(seed);
  const values = new Float32Array(rowCount * dimension);
  for (let row = 0; row < rowCount; row++) {
    const raw = Array.from({ length: dimension }, () => random() + random() + random() - 1.5);
    const length = Math.hypot(...raw);
    for (const [i, value] of raw.entries()) values[row * dimension + i] = value / length;
  }
  return values;
}

/** A .npy file, its header written by hand. */
export function npyFile(
  values: Float32Array | Uint16Array,
  dimension: number,
  {
    version = 1,
    shape = `(${values.length / dimension}, ${dimension})`,
    order = 'False',
    description = '',
  } = {},
): Buffer {
  const descr = description || (values instanceof Uint16Array ? '<f2' : '<f4');
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const preamble = version === 1 ? 10 : 12;
  const padded = `${text.padEnd(64 * Math.ceil((preamble + text.length + 1) / 64) - preamble - 1)}\n`;
  const start = Buffer.alloc(preamble);
  start.write('\x93NUMPY', 'latin1');
  start[6] = version;
  if (version === 1) start.writeUInt16LE(padded.length, 8);
  else start.writeUInt32LE(padded.length, 8);
  return Buffer.concat([
    start,
    Buffer.from(padded),
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  ]);
}

/** One file of embeddings to make. */
export interface FileToMake {
  /** As it stands in the names, zeros included. */
  readonly number: string;
  /** float32 is written as such, uint16 as float16. */
  readonly values: Float32Array | Uint16Array;
  readonly columns?: Readonly<Record<string, ColumnType>>;
  readonly rows?: readonly Readonly<Record<string, CellValue>>[];
}

const CAPTION: Readonly<Record<string, ColumnType>> = { caption: 'VARCHAR' };

/** Makes a folder as clip-retrieval does; without rows of its own, metadata has a caption that tells file and row. */
export async function makeFolder(
  folder: string,
  dimension: number,
  files: readonly FileToMake[],
): Promise<void> {
  await mkdir(join(folder, 'img_emb'), { recursive: true });
  await mkdir(join(folder, 'metadata'), { recursive: true });
  for (const { number, values, columns = CAPTION, rows } of files) {
    await writeFile(join(folder, 'img_emb', `img_emb_${number}.npy`), npyFile(values, dimension));
    const captions = Array.from({ length: values.length / dimension }, (_, row) => ({
      caption: `row ${row} of file ${number}`,
    }));
    await writeRows(join(folder, 'metadata', `metadata_${number}.parquet`), columns, rows ?? captions);
  }
}

/** Random rows of length 1 as float16, with their exact values row by row. */
export function halfRows(
  seed: number,
  rowCount: number,
  dimension: number,
): { readonly halves: Uint16Array; readonly rows: number[][] } {
  const halves = toHalves(unitRows(seed, rowCount, dimension));
  return { halves, rows: rowsOf(halves, dimension) };
}

/** float16 bits as rows of numbers. */
export function rowsOf(halves: Uint16Array, dimension: number): number[][] {
  return Array.from({ length: halves.length / dimension }, (_, row) =>
    Array.from(halves.subarray(row * dimension, (row + 1) * dimension), halfValue),
  );
}

/** weights . row + bias in plain float64. */
export function linearScore(row: readonly number[], weights: readonly number[], bias: number): number {
  return row.reduce((sum, value, i) => sum + value * weights[i]!, bias);
}

/** A linear head's weights, so that random unit rows spread over several score buckets. */
export function headWeights(seed: number, dimension: number): number[] {
  const random = openNumbers(seed);
  const raw = Array.from({ length: dimension }, () => random() - 0.5);
  const length = Math.hypot(...raw);
  return raw.map((value) => (value * 1.5 * Math.sqrt(dimension)) / length);
}

/** Writes a linear head as JSON. */
export async function writeHead(
  path: string,
  weights: readonly number[],
  bias: number,
  more: object = {},
): Promise<string> {
  const layers = [{ weights: [weights], bias: [bias] }];
  await writeFile(path, JSON.stringify({ format: 'bowerbird-head', version: 1, layers, ...more }));
  return path;
}

/** A head for the aesthetic score. */
export function aestheticHead(path: string): RescoreConfig['heads'][number] {
  return { column: 'aesthetic', tag: 'aesthetic', path };
}

/** Runs in this process, with two threads. */
export function rescore(
  inputs: readonly string[],
  outputFolder: string,
  config: Pick<RescoreConfig, 'heads'> & Partial<RescoreConfig>,
  closing: AbortSignal = new AbortController().signal,
): Promise<RescoreOutcome> {
  return runRescore(
    {
      inputs,
      outputFolder,
      missingTags: 'keep',
      recomputeTags: false,
      normalise: false,
      scoresOnly: false,
      skipBadFiles: false,
      incrementalMode: 'incremental',
      scoreThreads: 2,
      memoryLimitMb: 256,
      commandLine: 'bowerbird score',
      ...config,
    },
    new ScoreProgress(),
    closing,
  );
}

/** The error that something ends with. */
export async function errorOf(work: Promise<unknown>): Promise<BowerbirdError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof BowerbirdError) return thrown;
    throw thrown;
  }
  throw new Error('it went through');
}
