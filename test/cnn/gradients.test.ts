import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { BatchMaker, stepsPerEpoch } from '../../src/cnn/batches.ts';
import type { LossName } from '../../src/cnn/graph/loss.ts';
import { meanLoss } from '../../src/cnn/losses.ts';
import { layerSizes, type NetworkShape, parametersOf } from '../../src/cnn/shape.ts';
import { startState } from '../../src/cnn/state.ts';
import { type Batch, openGraph, Stepper } from '../../src/cnn/stepper.ts';
import { type PixelScale, type TrainingGraphOptions, trainingGraph } from '../../src/cnn/training-graph.ts';
import { Tensor } from '../../src/embed/onnxruntime.ts';
import { randomBits, uniform } from '../../src/learn/random.ts';
import { npy, temporaryFolder } from './datasets.ts';
import { plainValue } from './plain-network.ts';

interface Torch {
  readonly shape: NetworkShape;
  readonly posts: number;
  readonly batch: number;
  readonly epochs: number;
  readonly seed: number;
  readonly learningRate: number;
  readonly quantile: number;
  readonly scale: PixelScale;
  readonly pixels: readonly number[];
  readonly targets: readonly number[];
  readonly gradients: Readonly<Record<LossName, readonly number[]>>;
  readonly losses: Readonly<Record<LossName, readonly number[]>>;
  readonly weights: Readonly<Record<LossName, readonly number[]>>;
}

const torch = JSON.parse(
  await readFile(join(packageFolder, 'test', 'cnn', 'fixtures', 'torch.json'), 'utf8'),
) as Torch;

/** The gradient of all weights for a batch, by the graph. */
async function gradientOf(
  options: TrainingGraphOptions,
  weight: Float32Array,
  batch: Batch,
): Promise<Float32Array> {
  const session = await openGraph(trainingGraph({ ...options, givesGradients: true }), {
    threads: 1,
    device: 'cpu',
  });
  const { shape, batch: size } = options;
  const parts = parametersOf(shape);
  const float = (values: Float32Array, dimensions: readonly number[]) =>
    new Tensor('float32', values, dimensions);
  const outputs = await session.run({
    pixels: new Tensor('uint8', batch.pixels, [size, shape.imagePx, shape.imagePx, 3]),
    targets: float(batch.targets, [size]),
    weights: float(batch.weights, [size]),
    kept: float(batch.kept, [size, layerSizes(shape).features]),
    ...Object.fromEntries(
      parts.map(({ name, from, length, dimensions }) => [
        name,
        float(weight.slice(from, from + length), dimensions),
      ]),
    ),
  });
  const gradient = new Float32Array(weight.length);
  for (const { name, from } of parts) gradient.set(outputs[`${name}.gradient`]!.data as Float32Array, from);
  await session.release();
  return gradient;
}

/** The greatest difference, in parts of the greatest value. */
function apart(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [most, difference] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    most = Math.max(most, Math.abs(wanted[i]!));
    difference = Math.max(difference, Math.abs(found[i]! - wanted[i]!));
  }
  return found.length === wanted.length ? difference / most : Number.POSITIVE_INFINITY;
}

async function torchBatches(t: ExecutionContext): Promise<BatchMaker> {
  const { shape, batch, seed, pixels, targets, posts } = torch;
  const imagesPath = join(await temporaryFolder(t), 'images.npy');
  const side = shape.imagePx;
  await writeFile(imagesPath, npy('|u1', [posts, side, side, 3], Uint8Array.from(pixels)));
  const maker = new BatchMaker({ imagesPath, shape, batch, seed, targets: Float32Array.from(targets) });
  t.teardown(() => maker.close());
  return maker;
}

for (const name of ['mse', 'huber', 'quantile'] as const) {
  const loss = { name, quantile: torch.quantile };

  test(`the gradient of ${name} is PyTorch's to 1e-5`, async (t) => {
    const { shape, batch, scale, seed } = torch;
    const first = (await torchBatches(t)).make({ epoch: 0, step: 0 });
    const found = await gradientOf({ shape, batch, scale, loss }, startState(shape, seed).weight, first);
    t.true(apart(found, torch.gradients[name]) < 1e-5);
  });

  test(`a training by ${name} has PyTorch's losses and weights, step by step, with its last batch of fewer posts`, async (t) => {
    const { shape, batch, scale, seed, epochs, learningRate, posts } = torch;
    const batches = await torchBatches(t);
    const stepper = await Stepper.open({ shape, batch, scale, loss }, { threads: 1, device: 'cpu' });
    t.teardown(() => stepper.close());
    stepper.load(startState(shape, seed), 0);
    const losses: number[] = [];
    for (let epoch = 0; epoch < epochs; epoch++)
      for (let step = 0; step < stepsPerEpoch(posts, batch); step++)
        losses.push(await stepper.step(batches.make({ epoch, step }), learningRate));
    t.true(apart(losses, torch.losses[name]) < 1e-6);

    t.true(apart(stepper.state.weight, torch.weights[name]) < 1e-6);
  });
}

/** Networks whose lines are cut into runs of other lengths; with one and three convolutions, an even and an odd side before the pool. */
const SHAPES: readonly NetworkShape[] = [
  { imagePx: 9, convolutions: [{ channels: 2, kernelPx: 2 }], hidden: [3], dropout: 0.5 },
  {
    imagePx: 12,
    convolutions: [
      { channels: 2, kernelPx: 3 },
      { channels: 3, kernelPx: 2 },
      { channels: 2, kernelPx: 1 },
    ],
    hidden: [],
    dropout: 0,
  },
];

for (const [i, shape] of SHAPES.entries())
  for (const name of ['mse', 'huber', 'quantile'] as const)
    test(`the gradient of ${name} is that of finite differences of a plain network in float64 (shape ${i})`, async (t) => {
      const loss = { name, quantile: 0.3 };
      const scale: PixelScale = { mean: [0.5, 0.4, 0.6], std: [0.3, 0.2, 0.25] };
      const bits = randomBits(`pictures ${i}`);
      const [batch, size] = [2, 3 * shape.imagePx ** 2];
      const { features } = layerSizes(shape);
      const made: Batch = {
        pixels: Uint8Array.from({ length: batch * size }, () => bits() & 255),
        targets: Float32Array.of(1.5, -0.25),
        weights: Float32Array.of(0.75, 0.25),
        kept: Float32Array.from({ length: batch * features }, () =>
          uniform(bits) < shape.dropout ? 0 : 1.25,
        ),
      };
      const { weight } = startState(shape, 3);
      const lossAt = (weights: Float64Array): number => {
        let sum = 0;
        for (let row = 0; row < batch; row++) {
          const pixels = made.pixels.subarray(row * size, (row + 1) * size);
          const kept = made.kept.subarray(row * features, (row + 1) * features);
          const value = plainValue(shape, weights, scale, { pixels, kept });
          sum +=
            made.weights[row]! * meanLoss(loss, Float64Array.of(value), Float64Array.of(made.targets[row]!));
        }
        return sum;
      };
      const weights = Float64Array.from(weight);
      const step = 1e-6;
      const wanted = weights.map((value, at) => {
        const moved = (by: number): number => lossAt(weights.with(at, value + by));
        return (moved(step) - moved(-step)) / (2 * step);
      });
      t.true(apart(await gradientOf({ shape, batch, scale, loss }, weight, made), wanted) < 1e-5);
    });
