import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { Random } from '../../scripts/random.ts';
import { ensembleScorer } from '../../src/heads/ensemble.ts';
import { openLayerProducts } from '../../src/heads/layer-products.ts';
import { LayerStack } from '../../src/heads/layer-stack.ts';
import type { Activation, Layer } from '../../src/heads/layers.ts';
import { networkScorer } from '../../src/heads/scoring.ts';
import { openWideProducts } from '../../src/heads/wide-products.ts';

const DIMENSION = 200;
const ROWS = 5003;

/** Where some of the rows begin, and how many they are: also such that are no whole groups or blocks. */
const SOME = [
  [0, 3],
  [5, 1],
  [100, 63],
  [7, 65],
  [300, 513],
  [1000, 1027],
] as const;

/** Layers with float32 weights. */
function network(sizes: readonly number[], between: Activation, seed = 1): Layer[] {
  const random = new Random(seed);
  const values = (count: number, most: number): Float64Array =>
    Float64Array.from({ length: count }, () => Math.fround(most * (2 * random.next() - 1)));
  return sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i]!;
    const isLast = i === sizes.length - 2;
    return {
      ...{ inputs, outputs, activation: isLast ? 'none' : between },
      weights: values(inputs * outputs, Math.sqrt(3 / inputs)),
      bias: values(outputs, 0.1),
    };
  });
}

function rowsOf(count: number, seed = 2): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count * DIMENSION }, () => random.next() - 0.5);
}

/** What docs/heads.md says of sums and of what goes from layer to layer, one operation after the other. */
function asDocumented(layers: readonly Layer[], row: Float32Array): number {
  let values = Float64Array.from(row);
  for (const layer of layers.slice(0, -1)) values = layerAsDocumented(layer, values).map(to29Bits);
  return layerAsDocumented(layers.at(-1)!, values)[0]!;
}

function layerAsDocumented(
  { inputs, outputs, weights, bias, activation }: Layer,
  values: ArrayLike<number>,
): Float64Array {
  const results = new Float64Array(outputs);
  for (let o = 0; o < outputs; o++) {
    let sum = bias[o]!;
    for (let from = 0; from < inputs; from += 128) {
      let block = 0;
      for (let k = from; k < Math.min(inputs, from + 128); k++)
        block += weights[o * inputs + k]! * values[k]!;
      sum += block;
    }
    results[o] = activation === 'relu' ? Math.max(sum, 0) : sum;
  }
  return results;
}

/** Rounds to 29 significant bits, half to even, by the bits of the number. */
function to29Bits(value: number): number {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0]!;
  const [kept, rest] = [bits >> 24n, bits & 0xffffffn];
  const isUp = rest > 0x800000n || (rest === 0x800000n && (kept & 1n) === 1n);
  return new Float64Array(BigUint64Array.of((kept + (isUp ? 1n : 0n)) << 24n).buffer)[0]!;
}

const isSame = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((value, i) => Object.is(value, b[i]));

test('a score is, to the last bit, what is documented', (t) => {
  for (const sizes of [
    [DIMENSION, 150, 33, 5, 1],
    [DIMENSION, 7, 1],
    [DIMENSION, 1],
  ]) {
    const layers = network(sizes, 'relu');
    const rows = rowsOf(70);
    const { scores } = networkScorer({ layers, output: 'none', columns: undefined }).score(rows, 70);
    const expected = Array.from({ length: 70 }, (_, i) =>
      asDocumented(layers, rows.subarray(i * DIMENSION, (i + 1) * DIMENSION)),
    );
    t.true(isSame(scores, expected), `${sizes}`);
  }
});

for (const between of ['relu', 'silu', 'none'] as const) {
  test(`many rows have the bits of few, also those that are not finite: ${between} between the layers`, async (t) => {
    const layers = network([DIMENSION, 2048, 64, 8, 1], between);
    const rows = rowsOf(ROWS);
    rows[3 * DIMENSION] = Number.NaN;
    rows[700 * DIMENSION] = Number.POSITIVE_INFINITY;
    const scorer = networkScorer({ layers, output: 'sigmoid', columns: undefined });
    const { scores } = scorer.score(rows, ROWS);
    t.true(isSame((await scorer.scoreMany(rows, ROWS)).scores, scores));
    t.true(Number.isNaN(scores[3]) && scores[4]! > 0 && scores[4]! < 1);
    // All at once, and few rows by the kernel in the midst of it.
    const found = SOME.map(([from, count]) =>
      scorer.scoreMany(rows.subarray(from * DIMENSION, (from + count) * DIMENSION), count),
    );
    await setImmediate();
    const few = scorer.score(rows.subarray(0, 9 * DIMENSION), 9);
    t.true(isSame(few.scores, scores.subarray(0, 9)));
    for (const [i, [from, count]] of SOME.entries())
      t.true(isSame((await found[i]!).scores, scores.subarray(from, from + count)), `${from}, ${count}`);
  });
}

test('members of an ensemble give, to the last bit, the sums of their parts', (t) => {
  const [members, width] = [3, 21];
  const layers = network([DIMENSION, members * width, 1], 'relu');
  const last = layers[1]!;
  const rows = rowsOf(5);
  const { scores } = ensembleScorer(layers, { members, combine: 'lower-median' }).score(rows, 5);
  const expected = Array.from({ length: 5 }, (_, i) => {
    const hidden = layerAsDocumented(layers[0]!, rows.subarray(i * DIMENSION, (i + 1) * DIMENSION)).map(
      to29Bits,
    );
    const own = Array.from({ length: members }, (_, m) => {
      let sum = 0;
      for (let k = m * width; k < (m + 1) * width; k++) sum += last.weights[k]! * hidden[k]!;
      return last.bias[0]! + members * sum;
    });
    return own.toSorted((a, b) => a - b)[1]!;
  });
  t.true(isSame(scores, expected));
});

test('many rows have the scores and the spreads of few in an ensemble, too', async (t) => {
  const layers = network([DIMENSION, 2048, 1], 'silu');
  for (const combine of ['mean', 'lower-median'] as const) {
    const scorer = ensembleScorer(layers, { members: 16, combine });
    const rows = rowsOf(ROWS);
    const [few, many] = [scorer.score(rows, ROWS), await scorer.scoreMany(rows, ROWS)];
    t.true(isSame(many.scores, few.scores) && isSame(many.spreads, few.spreads));
    t.true(few.spreads.every((spread) => spread > 0));
  }
});

test('onnxruntime takes the wide layers whose weights are float32, and nothing behind a SiLU', async (t) => {
  const layersTaken = async (layers: readonly Layer[]): Promise<number> =>
    (await openWideProducts(layers, new LayerStack(layers)))?.layers ?? 0;
  const relu = network([DIMENSION, 64, 40, 32, 1], 'relu');
  const silu = network([DIMENSION, 64, 40, 1], 'silu');
  const first = { ...relu[0]!, weights: relu[0]!.weights.map((weight) => weight / 3) };
  t.is(await layersTaken([first, ...relu.slice(1)]), 0, 'their products would not be exact');
  t.is(await layersTaken(network([DIMENSION, 32, 1], 'relu')), 0);
  // Elsewhere onnxruntime may sum in another order, and is not used then.
  if (process.arch !== 'x64') return;
  t.is(await layersTaken(relu), 2);
  t.is(await layersTaken(silu), 1);
});

test('products by onnxruntime come into the array that is given, and into no other', async (t) => {
  const [layer] = network([DIMENSION, 64, 1], 'relu') as [Layer, Layer];
  const products = await openLayerProducts(layer);
  const rows = Float64Array.from(rowsOf(500));
  const target = new Float64Array(500 * layer.outputs);
  await products(rows, target);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 20; i++) await products(rows, target);
  t.true(process.memoryUsage().arrayBuffers - before < target.byteLength);
  t.true(target.some((value) => value !== 0));
});
