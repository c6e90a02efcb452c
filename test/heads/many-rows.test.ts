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
const ROWS = 2051;

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

function rowsOf(count: number, dimension = DIMENSION): Float32Array {
  const random = new Random(2);
  return Float32Array.from({ length: count * dimension }, () => random.next() - 0.5);
}

/** What docs/heads.md says of layers, one operation after the other. */
function asDocumented(layers: readonly Layer[], row: Float32Array): number {
  return layers.reduce<ArrayLike<number>>((values, layer) => layerAsDocumented(layer, values), row)[0]!;
}

function layerAsDocumented(
  { inputs, outputs, weights, bias, activation }: Layer,
  values: ArrayLike<number>,
): Float64Array {
  const isSingle = outputs > 32 && outputs % 4 === 0;
  const block = isSingle ? 256 : 128;
  const round = isSingle ? Math.fround : (value: number): number => value;
  const add = isSingle ? fusedSingle : (sum: number, a: number, b: number): number => sum + a * b;
  const results = new Float64Array(outputs);
  for (let o = 0; o < outputs; o++) {
    let sum = bias[o]!;
    for (let from = 0; from < inputs; from += block) {
      let part = 0;
      for (let k = from; k < Math.min(inputs, from + block); k++)
        part = add(part, weights[o * inputs + k]!, values[k]!);
      sum = round(sum + part);
    }
    results[o] = activation === 'relu' ? Math.max(sum, 0) : sum;
  }
  return results;
}

/** sum + a b of float32 numbers, rounded once, half to even: by whole numbers, of which all three are multiples of a power of two. */
function fusedSingle(sum: number, a: number, b: number): number {
  const [x, y, z] = [wholeOf(a), wholeOf(b), wholeOf(sum)];
  // All in units of 2^-298, that of a product.
  const exact = x * y + (z << 149n);
  if (exact === 0n) return 0;
  const size = exact < 0n ? -exact : exact;
  // Below the normal numbers the last bit is worth 2^-149.
  const lost = BigInt(Math.max(size.toString(2).length - 24, 149));
  const half = 1n << (lost - 1n);
  const rest = size & ((1n << lost) - 1n);
  const kept = size >> lost;
  const rounded = kept + (rest > half || (rest === half && (kept & 1n) === 1n) ? 1n : 0n);
  return Math.sign(exact < 0n ? -1 : 1) * Number(rounded) * 2 ** (Number(lost) - 298);
}

/** A float32 number in units of 2^-149. */
function wholeOf(value: number): bigint {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = BigInt(bits & 0x7fffff);
  const size = exponent === 0 ? fraction : (fraction | 0x800000n) << BigInt(exponent - 1);
  return value < 0 ? -size : size;
}

const isSame = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((value, i) => Object.is(value, b[i]));

test('a score is, to the last bit, what is documented', (t) => {
  const count = 2;
  for (const sizes of [
    [DIMENSION, 152, 36, 5, 1],
    [300, 36, 33, 1],
    [600, 7, 1],
    [9, 1],
  ]) {
    const layers = network(sizes, 'relu');
    const [dimension] = sizes as [number];
    const rows = rowsOf(count, dimension);
    const { scores } = networkScorer({ layers, output: 'none', columns: undefined }).score(rows, count);
    const expected = Array.from({ length: count }, (_, i) =>
      asDocumented(layers, rows.subarray(i * dimension, (i + 1) * dimension)),
    );
    t.true(isSame(scores, expected), `${sizes}`);
  }
});

test('sums of float32 are rounded once, also in the middle between two numbers and below the normal ones', async (t) => {
  const [inputs, outputs, count] = [270, 36, 3];
  const random = new Random(3);
  // Few bits at a few distances, so that middles are frequent.
  const pick = (values: readonly number[]): number => values[Math.floor(values.length * random.next())]!;
  const number = (least: number, most: number): number =>
    Math.fround(pick([-1, 0, 1, 1 + 2 ** -23, 1.5]) * 2 ** pick([least, least + 12, most]));
  for (const [least, most] of [
    [-14, 10],
    [-76, -62],
    [-149, 0],
  ] as const) {
    const numbers = (length: number) => Float64Array.from({ length }, () => number(least, most));
    const layer = {
      inputs,
      outputs,
      activation: 'none',
      weights: numbers(inputs * outputs),
      bias: numbers(outputs),
    } as const;
    const rows = Float32Array.from(numbers(count * inputs));
    const { values } = new LayerStack([layer]).run(rows, count);
    const expected = Array.from({ length: count }, (_, i) => [
      ...layerAsDocumented(layer, rows.subarray(i * inputs, (i + 1) * inputs)),
    ]).flat();
    t.true(isSame(values, expected), `${least}`);
    // By another way as well, where it has these bits.
    const stack = new LayerStack([layer]);
    const wide = await openWideProducts([layer], stack);
    if (wide) t.true(isSame(stack.view(await wide.run(rows, count), count * outputs), expected), `${least}`);
  }
});

test('SiLU in float32 is within three units of its last place', (t) => {
  const outputs = 36;
  const layer = {
    inputs: 1,
    outputs,
    activation: 'silu',
    bias: new Float64Array(outputs),
    weights: new Float64Array(outputs).fill(1),
  } as const;
  const rows = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 23);
  const stack = new LayerStack([layer]);
  let [worst, behind] = [0, 0];
  for (let from = 0; from < rows.length; from += 64) {
    const some = rows.subarray(from, from + 64);
    const { values } = stack.run(some, some.length);
    for (const [i, x] of some.entries()) {
      const exact = x / (1 + Math.exp(-x));
      const error = Math.abs(values[i * outputs]! - exact);
      // So far below zero the logistic function is that of -86.
      if (x < -86) behind = Math.max(behind, error);
      else if (x !== 0) worst = Math.max(worst, error / Math.abs(exact));
    }
  }
  t.true(worst <= 3 * 2 ** -23 && worst > 0, `${worst}`);
  t.true(behind < 1e-34);
  const [nan, plus, ...small] = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1e38].map(
    (x) => stack.run(Float32Array.of(x), 1).values[0]!,
  );
  t.deepEqual([nan, plus], [Number.NaN, Number.POSITIVE_INFINITY]);
  t.true(
    small.every((value) => Math.abs(value) < 1e-34),
    `${small}`,
  );
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
    const hidden = layerAsDocumented(layers[0]!, rows.subarray(i * DIMENSION, (i + 1) * DIMENSION));
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

test('wide layers at the beginning are in float32 where their weights are', (t) => {
  const singlesOf = (layers: readonly Layer[]): number => new LayerStack(layers).singles;
  const layers = network([DIMENSION, 64, 40, 32, 64, 1], 'silu');
  const first = { ...layers[0]!, weights: layers[0]!.weights.map((weight) => weight / 3) };
  t.is(singlesOf(layers), 2, 'and not behind a narrow one');
  t.is(singlesOf([first, ...layers.slice(1)]), 0);
  t.is(singlesOf(network([DIMENSION, 32, 1], 'relu')), 0);
  t.is(singlesOf(network([DIMENSION, 46, 1], 'relu')), 0, 'not whole groups of four');
});

test('onnxruntime does the layers in float32 where it has the bits of the kernel', async (t) => {
  const layers = network([700, 64, 1], 'relu');
  const wide = await openWideProducts(layers, new LayerStack(layers));
  // A processor of another kind may have no kernels that add a product with one rounding, and onnxruntime is not used then.
  t.true(!['x64', 'arm64'].includes(process.arch) || wide !== undefined);
  const narrow = network([700, 32, 1], 'relu');
  t.is(await openWideProducts(narrow, new LayerStack(narrow)), undefined);
});

test.serial(
  'where onnxruntime fails in the midst of rows the kernel goes on with the same bits',
  async (t) => {
    const { InferenceSession } = await import('../../src/embed/onnxruntime.ts');
    const layers = network([DIMENSION, 2048, 1], 'relu');
    const rows = rowsOf(ROWS);
    const scorer = networkScorer({ layers, output: 'none', columns: undefined });
    const { scores } = await scorer.scoreMany(rows, ROWS);
    const { prototype } = InferenceSession as unknown as {
      prototype: { run: (...args: unknown[]) => Promise<unknown> };
    };
    const { run } = prototype;
    let runs = 0;
    prototype.run = function (...args) {
      return runs++ === 1 ? Promise.reject(new Error('no memory')) : run.apply(this, args);
    };
    try {
      t.true(isSame((await scorer.scoreMany(rows, ROWS)).scores, scores));
      t.is(runs, 2, 'and is not asked again');
    } finally {
      prototype.run = run;
    }
  },
);

test.serial('products by onnxruntime come into the array that is given, and into no other', async (t) => {
  const [layer] = network([DIMENSION, 64, 1], 'relu') as [Layer, Layer];
  const products = await openLayerProducts(layer);
  const rows = rowsOf(500);
  const target = new Float32Array(500 * layer.outputs);
  await products(rows, target);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 20; i++) await products(rows, target);
  t.true(process.memoryUsage().arrayBuffers - before < target.byteLength);
  t.true(target.some((value) => value !== 0));
});
