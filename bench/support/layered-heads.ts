import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../scripts/random.ts';
import { packageFolder } from '../../src/base/package.ts';
import type { Head } from '../../src/heads/head.ts';
import { loadHead } from '../../src/heads/load.ts';
import { type NamedTensor, safetensors } from '../../src/weights/write-safetensors.ts';
import { type LineProcess, startLineProcess } from './line-process.ts';

/** A network to measure: sizes of its layers, what lies between them, and the members that it has side by side. */
export interface HeadShape {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly between: 'relu' | 'silu';
  readonly members?: number;
}

/** Rows scored in CPU seconds. */
export interface HeadTurn {
  readonly cpuSeconds: number;
  /** Of the first rows, for a look whether it is the same work. */
  readonly scores: readonly number[];
}

/** A head with seeded weights, and rows for it: float32 [rowCount, dimension], of about unit length. */
export interface MeasuredHead {
  readonly head: Head;
  readonly rows: Float32Array;
  /** The same in PyTorch on one thread. */
  startTorch(python: string): LineProcess;
}

export const HEAD_SHAPES: readonly HeadShape[] = [
  { name: 'MLP 768-1024-128-64-16-1', sizes: [768, 1024, 128, 64, 16, 1], between: 'relu' },
  {
    name: 'LAION H/14 1024-2048-1024-256-128-16-1',
    sizes: [1024, 2048, 1024, 256, 128, 16, 1],
    between: 'relu',
  },
  { name: 'ensemble of 16 x 64, 768', sizes: [768, 1024, 1], between: 'silu', members: 16 },
];

/** Scores of a turn that are looked at. */
export const COMPARED_ROWS = 64;
/** Rows of a batch: torch's best of these is taken. */
const TORCH_BATCHES = [64, 256, 1024];
/** float32 sums of some thousand products. */
const SAME_SCORE = 1e-4;

/** Writes the head and its rows into the folder, and loads it. */
export async function makeHead(folder: string, shape: HeadShape, rowCount: number): Promise<MeasuredHead> {
  const path = join(folder, 'head.safetensors');
  const rowsPath = join(folder, 'rows.f32');
  await writeHead(path, shape);
  const rows = unitRows(rowCount, shape.sizes[0]!);
  await writeFile(rowsPath, rows);
  const settings = { head: path, between: shape.between, rows: rowsPath };
  return {
    head: await loadHead(path, {}),
    rows,
    startTorch: (python) =>
      startLineProcess(python, [
        join(packageFolder, 'bench/support/torch-head.py'),
        JSON.stringify(settings),
      ]),
  };
}

/** All rows at once, in a dtype of torch's. */
export async function torchTurn(torch: LineProcess, dtype: 'float32' | 'float64'): Promise<HeadTurn> {
  const turns: HeadTurn[] = [];
  for (const batch of TORCH_BATCHES) turns.push((await torch.ask({ dtype, batch })) as HeadTurn);
  return turns.reduce((best, turn) => (turn.cpuSeconds < best.cpuSeconds ? turn : best));
}

/** CPU seconds of this process, all threads. @param work gives a score for each row */
export async function ownTurn(work: () => Promise<Float64Array>): Promise<HeadTurn> {
  const before = process.cpuUsage();
  const scores = await work();
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, scores: [...scores.subarray(0, COMPARED_ROWS)] };
}

/** @throws Error where two contestants come to other scores */
export function assertSameScores(name: string, { scores }: HeadTurn, first: HeadTurn): void {
  if (scores.some((score, i) => Math.abs(score - first.scores[i]!) > SAME_SCORE))
    throw new Error(`${name}: other scores`);
}

/** A safetensors head with seeded weights, so that values keep their size from layer to layer. */
async function writeHead(path: string, { sizes, between, members }: HeadShape): Promise<void> {
  const random = new Random(1);
  const values = (length: number, most: number): Float32Array =>
    Float32Array.from({ length }, () => random.between(-most, most));
  const tensors = sizes.slice(1).flatMap((outputs, i): NamedTensor[] => {
    const inputs = sizes[i]!;
    const weights = values(outputs * inputs, Math.sqrt(6 / inputs));
    return [
      { name: `layers.${i}.weight`, shape: [outputs, inputs], values: weights },
      { name: `layers.${i}.bias`, shape: [outputs], values: values(outputs, 0.1) },
    ];
  });
  const metadata = {
    ...{ format: 'bowerbird-head', version: '1', hidden_activation: between },
    ...(members && { ensemble_members: String(members), ensemble_combine: 'mean' }),
  };
  await writeFile(path, safetensors(tensors, metadata));
}

function unitRows(rowCount: number, dimension: number): Float32Array {
  const random = new Random(2);
  const most = Math.sqrt(3 / dimension);
  return Float32Array.from({ length: rowCount * dimension }, () => random.between(-most, most));
}
