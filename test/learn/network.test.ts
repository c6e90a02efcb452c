import test from 'ava';
import { KernelOperations } from '../../src/learn/kernel-operations.ts';
import { adamRates } from '../../src/learn/layer-operations.ts';
import { Network, type NetworkWeights } from '../../src/learn/network.ts';
import { randomBits, randomBitsIn, STATE_LENGTH } from '../../src/learn/random.ts';
import { GradientKeeper } from './gradient-keeper.ts';
import { normalNumbers, relativeError } from './least-squares.ts';
import { exponential, PlainOperations } from './plain-operations.ts';

const makePlain = (): PlainOperations => new PlainOperations();
const makeKernel = (lengths: readonly number[]): KernelOperations => new KernelOperations(lengths);
const ADAM = { learningRate: 3e-2, weightDecay: 0.2 };

function stepThrough(network: Network, dimension: number): void {
  const normal = normalNumbers(3);
  network.initialise(randomBits('a test'));
  for (let step = 0; step < 5; step++) {
    for (let row = 0; row < 4; row++)
      for (let j = 0; j < dimension; j++) network.rows[row * network.paddedDimension + j] = normal();
    network.forward(4);
    for (let row = 0; row < 4; row++) network.scoreDeltas[row] = normal();
    network.step(4, ADAM);
  }
}

for (const hidden of [0, 11]) {
  test(`the kernel and its twin agree to the bit, with ${hidden} hidden units`, (t) => {
    const [twin, kernel] = [makePlain, makeKernel].map(
      (make) => new Network({ dimension: 13, hidden, capacity: 4 }, make),
    );
    stepThrough(twin!, 13);
    stepThrough(kernel!, 13);
    t.deepEqual(kernel!.weights, twin!.weights);
    t.deepEqual(kernel!.scores.slice(), twin!.scores);
    t.true(twin!.weights.first.some((weight) => weight !== 0));
  });
}

test('the kernel drops and activates to the bit as its twin, and e^x is that of the definition', (t) => {
  const normal = normalNumbers(7);
  const [twin, kernel] = [new PlainOperations(), new KernelOperations([8, 8, 16, 16, 16, 16, 16, 4])].map(
    (operations) => {
      const take = (length: number): Float32Array => operations.allocate(length);
      const [biases, last, sums, values, slopes, deltas, rows] = [8, 8, 16, 16, 16, 16, 16].map(take);
      const draws = take(STATE_LENGTH);
      return {
        operations,
        ...{ biases: biases!, last: last!, deltas: deltas!, rows: rows! },
        activation: { count: 2, width: 8, sums: sums!, biases: biases!, values: values!, slopes: slopes! },
        state: new Int32Array(draws.buffer, draws.byteOffset, STATE_LENGTH),
      };
    },
  );
  const ends = [0, -0, 88, -88, 1e4, -1e4, 3e38, -3e38];
  for (let round = 0; round < 50; round++) {
    const sums = round === 0 ? [...ends, ...ends] : Array.from({ length: 16 }, () => 4 * normal());
    const [biases, last, rows] = [8, 8, 16].map((length) => Array.from({ length }, normal));
    for (const { operations, activation, state, ...own } of [twin!, kernel!]) {
      activation.sums.set(sums);
      own.biases.set(round === 0 ? new Float32Array(8) : biases!);
      own.last.set(last!);
      own.rows.set(rows!);
      if (round === 0) randomBitsIn(state, 'drops');
      operations.activate(activation);
      operations.spreadDeltas(
        activation,
        { scoreDeltas: own.rows.subarray(0, 2), last: own.last },
        own.deltas,
      );
      operations.drop(own.rows, { state, share: 0.3 });
    }
    for (const part of ['values', 'slopes'] as const)
      t.deepEqual(kernel!.activation[part].slice(), twin!.activation[part], `${part} ${round}`);
    t.deepEqual(kernel!.deltas.slice(), twin!.deltas);
    t.deepEqual(kernel!.rows.slice(), twin!.rows);
    t.deepEqual(kernel!.state.slice(), twin!.state);
  }
  t.true(twin!.rows.some((value) => value === 0) && twin!.rows.some((value) => value !== 0));
  for (let x = -80; x < 80; x += 0.37) t.true(Math.abs(exponential(x) / Math.exp(x) - 1) < 1e-11, String(x));
});

/** The loss of a pair by the definition, in float64. */
function pairLoss(
  { first, bias, last }: NetworkWeights | Plain,
  rows: readonly number[][],
  target: number,
): number {
  const [left, right] = rows.map((row) =>
    Array.from(last).reduce((sum, weight, o) => {
      const value = row.reduce((z, x, i) => z + x * first[o * row.length + i]!, bias[o]!);
      return sum + (weight * value) / (1 + Math.exp(-value));
    }, 0),
  );
  const share = 1 / (1 + Math.exp(right! - left!));
  return -target * Math.log(share) - (1 - target) * Math.log(1 - share);
}

type Plain = Record<'first' | 'bias' | 'last', Float64Array>;

test('gradients are those of finite differences', (t) => {
  const keeper = new GradientKeeper();
  const network = new Network({ dimension: 8, hidden: 8, capacity: 2 }, () => keeper);
  network.initialise(randomBits('gradients'));
  const normal = normalNumbers(5);
  const rows = [0, 1].map(() => Array.from({ length: 8 }, () => Math.fround(normal())));
  network.rows.set(rows.flat());
  network.forward(2);
  const share = 1 / (1 + Math.exp(network.scores[1]! - network.scores[0]!));
  network.scoreDeltas.set([share - 0.95, 0.95 - share]);
  network.step(2, ADAM);
  const [last, bias, first] = keeper.gradients;
  const found: Plain = { first: first!, bias: bias!, last: last! };
  const weights = network.weights;
  const plain: Plain = {
    first: Float64Array.from(weights.first),
    bias: Float64Array.from(weights.bias),
    last: Float64Array.from(weights.last),
  };
  for (const part of ['first', 'bias', 'last'] as const) {
    const expected = plain[part].map((weight, i) => {
      const at = (value: number): number =>
        pairLoss({ ...plain, [part]: plain[part].with(i, value) }, rows, 0.95);
      return (at(weight + 1e-5) - at(weight - 1e-5)) / 2e-5;
    });
    t.true(relativeError(found[part], expected) < 1e-5, part);
  }
});

test('a step of AdamW is that of its paper', (t) => {
  const operations = new PlainOperations();
  const layer = {
    inputs: 8,
    outputs: 1,
    weights: new Float32Array(8).fill(2),
    means: new Float32Array(8),
    squares: new Float32Array(8),
  };
  const gradient = 0.5;
  let [weight, mean, square] = [2, 0, 0];
  for (let step = 1; step <= 3; step++) {
    const rows = new Float32Array(16).fill(gradient / 2);
    const rates = Float32Array.from(adamRates({ learningRate: 0.1, weightDecay: 0.2 }, step));
    const room = new Float32Array(0);
    operations.update(layer, { count: 2, rows, deltas: Float32Array.of(1, 1), room }, rates);
    mean = 0.9 * mean + 0.1 * gradient;
    square = 0.999 * square + 0.001 * gradient * gradient;
    const [unbiasedMean, unbiasedSquare] = [mean / (1 - 0.9 ** step), square / (1 - 0.999 ** step)];
    weight -= 0.1 * 0.2 * weight;
    weight -= (0.1 * unbiasedMean) / (Math.sqrt(unbiasedSquare) + 1e-8);
  }
  t.true(Math.abs(layer.weights[0]! - weight) < 1e-5);
});

test('an array that was not reserved is refused', (t) => {
  const operations = new KernelOperations([8]);
  t.throws(() => operations.allocate(8000), { instanceOf: RangeError });
});
