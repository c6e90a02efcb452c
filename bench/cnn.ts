// A step of the network of `train --method cnn` beside PyTorch on the CPU: the same start, pictures, dropout and Adam for all, in turns; and how far the losses lie apart.
// Run: npm run build:tests; node .build/bench/cnn.js --python PYTHON [--rounds 5] [--steps 30] [--profile]

import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageFolder } from '../src/base/package.ts';
import { dropoutMask } from '../src/cnn/batches.ts';
import { layerSizes, type NetworkShape } from '../src/cnn/shape.ts';
import { startState } from '../src/cnn/state.ts';
import { type Batch, Stepper } from '../src/cnn/stepper.ts';
import { randomBits, uniform } from '../src/learn/random.ts';
import { startLineProcess } from './support/line-process.ts';
import { spread } from './support/spread.ts';
import { table } from './support/table.ts';

const SHAPE: NetworkShape = {
  imagePx: 50,
  convolutions: [
    { channels: 10, kernelPx: 11 },
    { channels: 5, kernelPx: 5 },
  ],
  hidden: [500, 50],
  dropout: 0.25,
};
const BATCH = 50;
const SEED = 1;
const LEARNING_RATE = 0.001;
const SCALE = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;
const GRAPH = { shape: SHAPE, batch: BATCH, loss: { name: 'mse', quantile: 0.5 }, scale: SCALE } as const;

interface Turn {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly losses: readonly number[];
}

const { values: flags } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '30' },
    profile: { type: 'boolean', default: false },
  },
});
const rounds = Number(flags.rounds);
const steps = Number(flags.steps);
const folder = await mkdtemp(join(tmpdir(), 'bowerbird-cnn-'));
const path = (name: string): string => join(folder, name);

/** Pictures of one grey and some noise each, whose target is that grey. */
function makeBatches(): Batch[] {
  const bits = randomBits('pictures of a benchmark');
  const bytes = 3 * SHAPE.imagePx ** 2;
  return Array.from({ length: steps }, (_, step) => {
    const targets = Float32Array.from({ length: BATCH }, () => 2 * uniform(bits) - 1);
    const pixels = new Uint8Array(BATCH * bytes);
    for (let i = 0; i < pixels.length; i++)
      pixels[i] = 100 + 60 * targets[Math.floor(i / bytes)]! + 50 * uniform(bits);
    const kept = dropoutMask({ shape: SHAPE, batch: BATCH, seed: SEED }, { epoch: 0, step });
    return { pixels, targets, kept, weights: new Float32Array(BATCH).fill(1 / BATCH) };
  });
}

async function ourTurn(stepper: Stepper, batches: readonly Batch[]): Promise<Turn> {
  stepper.load(startState(SHAPE, SEED), 0);
  const losses: number[] = [];
  const before = process.cpuUsage();
  const started = performance.now();
  for (const batch of batches) losses.push(await stepper.step(batch, LEARNING_RATE));
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - started) / 1e3, losses };
}

async function startTorch(batches: readonly Batch[], threads: number | null, fused: boolean) {
  const bytesOf = (values: Float32Array | Uint8Array): Uint8Array =>
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const files: Record<string, string> = { weights: path('weights') };
  await writeFile(path('weights'), bytesOf(startState(SHAPE, SEED).weight));
  for (const name of ['pixels', 'targets', 'kept'] as const) {
    files[name] = path(name);
    await writeFile(path(name), Buffer.concat(batches.map((batch) => bytesOf(batch[name]))));
  }
  const { convolutions, hidden, imagePx: side } = SHAPE;
  const settings = {
    files,
    batch: BATCH,
    side,
    convolutions,
    hidden,
    learningRate: LEARNING_RATE,
    ...SCALE,
    threads,
    fused,
  };
  const script = join(packageFolder, 'bench', 'support', 'torch-cnn.py');
  return startLineProcess(flags.python, [script, JSON.stringify(settings)]);
}

async function compare(): Promise<void> {
  const batches = makeBatches();
  const steppers = await Promise.all(
    [1, 2].map((threads) => Stepper.open(GRAPH, { threads, device: 'cpu' })),
  );
  const torch = [
    { name: 'torch, one thread', process: await startTorch(batches, 1, false) },
    { name: 'torch, one thread, fused Adam', process: await startTorch(batches, 1, true) },
    { name: 'torch, as shipped', process: await startTorch(batches, null, false) },
  ];
  const contestants = [
    ...steppers.map((stepper, i) => ({
      name: i === 0 ? 'bowerbird, one thread' : 'bowerbird, two threads',
      take: (): Promise<Turn> => ourTurn(stepper, batches),
    })),
    ...torch.map(({ name, process: { ask } }) => ({
      name,
      take: async (): Promise<Turn> => (await ask({ steps })) as Turn,
    })),
  ];
  const turns = contestants.map((): Turn[] => []);
  for (let round = 0; round <= rounds; round++)
    for (const [i, { take }] of contestants.entries()) {
      const turn = await take();
      // The first warms up.
      if (round > 0) turns[i]!.push(turn);
    }
  for (const { process: each } of torch) await each.stop();
  for (const stepper of steppers) await stepper.close();
  const lines = contestants.map(({ name }, i) => {
    const ms = (of: (turn: Turn) => number): string =>
      spread(
        turns[i]!.map((turn) => (1000 * of(turn)) / steps),
        1,
      );
    const ratios = turns[i]!.map(({ cpuSeconds }, round) => turns[0]![round]!.cpuSeconds / cpuSeconds);
    const ours = turns[0]![0]!.losses;
    const apart = turns[i]![0]!.losses.map((loss, step) => Math.abs(loss - ours[step]!) / ours[0]!);
    return [
      ...[name, ms(({ cpuSeconds }) => cpuSeconds), ms(({ seconds }) => seconds)],
      ...(i === 0 ? ['', ''] : [spread(ratios, 2), Math.max(...apart).toExponential(1)]),
    ];
  });
  console.log(
    `A step of ${BATCH} pictures of ${SHAPE.imagePx} x ${SHAPE.imagePx}, ${steps} steps a round, ${rounds} rounds:\n`,
  );
  console.log(
    table(['by', 'CPU ms', 'wall ms', 'bowerbird to it, CPU', 'losses apart, in the first'], lines),
  );
  const before = process.cpuUsage();
  for (let step = 0; step < steps; step++)
    dropoutMask({ shape: SHAPE, batch: BATCH, seed: SEED }, { epoch: 1, step });
  const { user, system } = process.cpuUsage(before);
  console.log(
    `\nBeside the step: drawing the mask of ${BATCH} x ${layerSizes(SHAPE).features} values, ${((user + system) / 1000 / steps).toFixed(1)} CPU ms.`,
  );
}

/** Milliseconds of each operator in a step, by the profiler of ONNX Runtime. */
async function profile(): Promise<void> {
  const stepper = await Stepper.open(GRAPH, { threads: 1, device: 'cpu', profile: path('profile') });
  await ourTurn(stepper, makeBatches());
  stepper.endProfiling();
  await stepper.close();
  const file = (await readdir(folder)).find((name) => name.startsWith('profile'))!;
  const events = JSON.parse(readFileSync(path(file), 'utf8')) as {
    cat: string;
    name: string;
    dur: number;
    args: { op_name?: string };
  }[];
  const sums = new Map<string, { us: number; count: number }>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
    const own = sums.get(args.op_name!) ?? { us: 0, count: 0 };
    sums.set(args.op_name!, { us: own.us + dur, count: own.count + 1 });
  }
  const all = [...sums.values()].reduce((sum, { us }) => sum + us, 0);
  const lines = [...sums]
    .sort(([, a], [, b]) => b.us - a.us)
    .slice(0, 12)
    .map(([name, { us, count }]) => [
      ...[name, (us / 1000 / steps).toFixed(2), `${((100 * us) / all).toFixed(0)} %`, String(count / steps)],
    ]);
  console.log('\nWall time by operator, one thread:\n');
  console.log(table(['operator', 'ms a step', 'share', 'nodes'], lines));
}

try {
  await compare();
  if (flags.profile) await profile();
} finally {
  await rm(folder, { recursive: true });
}
