import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { fromFloat16Bits, toFloat16Bits } from '../../../src/base/float16.ts';
import { packageFolder } from '../../../src/base/package.ts';
import { InferenceSession, Tensor } from '../../../src/embed/onnxruntime.ts';
import type { Precision } from '../../../src/models/convert/weight-plan.ts';

/** Made by scripts/make-encoder-fixtures.py. */
export const FIXTURES: string = join(packageFolder, 'test', 'models', 'fixtures');

/** What torch gives for the images of a fixture. */
interface Expected {
  /** Side of the images, in pixels. */
  readonly size: number;
  readonly rows: readonly (readonly number[])[];
}

export const EXPECTED = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Readonly<
  Record<string, Expected>
>;

/** A temporary folder; gone after the test. */
export async function newFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-convert-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The images of the fixtures: value i of `[batch, 3, size, size]` is that of `pixel` in the script. */
function pixels(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 2003) / 1001 - 1);
}

/** What onnxruntime makes of a model's images, row by row. */
export async function runModel(
  modelPath: string,
  { size, rows }: Expected,
  precision: Precision = 'float32',
): Promise<number[][]> {
  const isHalf = precision === 'float16';
  const session = await InferenceSession.create(modelPath, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    // At level `all`, onnxruntime 1.30 crashes while it loads a float16 model on the CPU.
    graphOptimizationLevel: isHalf ? 'extended' : 'all',
  });
  const images = pixels(rows.length * 3 * size * size);
  const data = isHalf ? toFloat16Bits(images) : images;
  const input = new Tensor(precision, data, [rows.length, 3, size, size]);
  const [output] = Object.values(await session.run({ [session.inputNames[0]!]: input }));
  await session.release();
  const values = isHalf ? fromFloat16Bits(output!.data as Uint16Array) : (output!.data as Float32Array);
  const width = output!.dims[1]!;
  return rows.map((_, row) => [...values.subarray(row * width, (row + 1) * width)]);
}

/** The largest distance between two values in the same place; NaN where the shapes differ. */
export function largestDifference(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
): number {
  if (a.length !== b.length || a.some((row, i) => row.length !== b[i]!.length)) return Number.NaN;
  return Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - b[i]![j]!))));
}

/** The smallest cosine between rows in the same place. */
export function smallestCosine(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return Math.min(...a.map((row, i) => dot(row, b[i]!) / Math.sqrt(dot(row, row) * dot(b[i]!, b[i]!))));
}
