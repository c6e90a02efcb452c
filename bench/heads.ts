// Rows per CPU-second of heads with several layers, one thread: few rows at a time by the kernel, many by onnxruntime's products, and PyTorch.
// Run: npm run bench:heads -- [--rows 8192] [--rounds 7] [--python PYTHON] (PYTHON has torch and numpy)
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../scripts/random.ts';
import type { Head } from '../src/heads/head.ts';
import { loadHead } from '../src/heads/load.ts';
import { type NamedTensor, safetensors } from '../src/weights/write-safetensors.ts';
import { type LineProcess, startLineProcess } from './support/line-process.ts';
import { spread } from './support/spread.ts';
import { table } from './support/table.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

/** What `scoreMany` is to be of torch's float32. */
const LEAST_OF_TORCH = 1;
/** Rows of a batch: torch's best of these is taken. */
const TORCH_BATCHES = [64, 256, 1024];
/** Rows that `score` gets at a time, as the pipeline has them. */
const FEW_ROWS = 64;
/** float32 sums of some thousand products. */
const SAME_SCORE = 1e-4;

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '8192' },
    rounds: { type: 'string', default: '7' },
    python: { type: 'string' },
  },
});
const rowCount = Number(flags.rows);
const rounds = Number(flags.rounds);

/** A network to measure: sizes of its layers, what lies between them, and the members that it has side by side. */
interface Shape {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly between: 'relu' | 'silu';
  readonly members?: number;
}

const SHAPES: readonly Shape[] = [
  { name: 'MLP 768-1024-128-64-16-1', sizes: [768, 1024, 128, 64, 16, 1], between: 'relu' },
  {
    name: 'LAION H/14 1024-2048-1024-256-128-16-1',
    sizes: [1024, 2048, 1024, 256, 128, 16, 1],
    between: 'relu',
  },
  { name: 'ensemble of 16 x 64, 768', sizes: [768, 1024, 1], between: 'silu', members: 16 },
];

interface Turn {
  readonly cpuSeconds: number;
  readonly scores: readonly number[];
}

type Contestant = () => Promise<Turn>;

/** A safetensors head with seeded weights, so that values keep their size from layer to layer. */
async function writeHead(path: string, { sizes, between, members }: Shape): Promise<void> {
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

function unitRows(dimension: number): Float32Array {
  const random = new Random(2);
  const most = Math.sqrt(3 / dimension);
  return Float32Array.from({ length: rowCount * dimension }, () => random.between(-most, most));
}

async function timed(work: () => Promise<Float64Array>): Promise<Turn> {
  const before = process.cpuUsage();
  const scores = await work();
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, scores: [...scores.subarray(0, FEW_ROWS)] };
}

function contestantsOf(
  head: Head,
  rows: Float32Array,
  torch: LineProcess | undefined,
): Map<string, Contestant> {
  const few = async (): Promise<Float64Array> => {
    const scores = new Float64Array(rowCount);
    for (let from = 0; from < rowCount; from += FEW_ROWS) {
      const to = Math.min(rowCount, from + FEW_ROWS);
      const some = rows.subarray(from * head.dimension, to * head.dimension);
      scores.set(
        (head.scoreWithSpread?.(some, to - from) ?? { scores: head.score(some, to - from) }).scores,
        from,
      );
    }
    return scores;
  };
  const contestants = new Map<string, Contestant>([
    ['score', () => timed(few)],
    ['scoreMany', () => timed(async () => (await head.scoreMany(rows, rowCount)).scores)],
  ]);
  for (const dtype of torch ? ['float32', 'float64'] : [])
    contestants.set(`torch ${dtype}`, async () => {
      const turns: Turn[] = [];
      for (const batch of TORCH_BATCHES) turns.push((await torch!.ask({ dtype, batch })) as Turn);
      return turns.reduce((best, turn) => (turn.cpuSeconds < best.cpuSeconds ? turn : best));
    });
  return contestants;
}

/** @throws Error where contestants come to other scores */
async function takeTurns(contestants: Map<string, Contestant>): Promise<Map<string, number[]>> {
  const rates = new Map([...contestants.keys()].map((name): [string, number[]] => [name, []]));
  for (let round = -1; round < rounds; round++) {
    let first: readonly number[] | undefined;
    for (const [name, contestant] of contestants) {
      const { cpuSeconds, scores } = await contestant();
      first ??= scores;
      if (scores.some((score, i) => Math.abs(score - first![i]!) > SAME_SCORE))
        throw new Error(`${name}: other scores`);
      // The first round brings everybody to their final speed.
      if (round >= 0) rates.get(name)!.push(rowCount / cpuSeconds);
    }
  }
  return rates;
}

async function measure(folder: string, shape: Shape): Promise<string[][]> {
  const path = join(folder, 'head.safetensors');
  const rowsPath = join(folder, 'rows.f32');
  await writeHead(path, shape);
  const rows = unitRows(shape.sizes[0]!);
  await writeFile(rowsPath, rows);
  const settings = { head: path, between: shape.between, rows: rowsPath };
  const script = new URL('../../bench/support/torch-head.py', import.meta.url).pathname;
  const torch = flags.python ? startLineProcess(flags.python, [script, JSON.stringify(settings)]) : undefined;
  try {
    const rates = await takeTurns(contestantsOf(await loadHead(path, {}), rows, torch));
    const single = rates.get('torch float32');
    return [...rates].map(([name, own]) => {
      const ratios = single && own.map((rate, i) => rate / single[i]!);
      const goal = name === 'scoreMany' && ratios ? `${LEAST_OF_TORCH}` : '';
      return [shape.name, name, spread(own, 0), ratios ? spread(ratios, 2) : '', goal];
    });
  } finally {
    await torch?.stop();
  }
}

await inTemporaryFolder(async (folder) => {
  const lines: string[][] = [];
  for (const shape of SHAPES) lines.push(...(await measure(folder, shape)));
  console.log(
    `${rowCount} rows, one thread, rows per CPU-second; median of ${rounds} rounds (least to most)\n`,
  );
  console.log(table(['head', 'by', 'rows per CPU-second', 'to torch float32', 'goal'], lines));
});
