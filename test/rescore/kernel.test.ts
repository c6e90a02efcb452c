import test from 'ava';
import { type BatchOptions, EmbeddingBatch } from '../../src/rescore/embedding-batch.ts';
import { halfRows, halfValue, headWeights, linearScore, rowsOf, unitRows } from './setup.ts';

const OPTIONS: Omit<BatchOptions, 'dimension' | 'capacity'> = {
  type: 'float16',
  weights: [],
  normalise: false,
  wantSingles: false,
  sumCount: 0,
};

function filled(values: Uint16Array | Float32Array, options: BatchOptions): EmbeddingBatch {
  const batch = new EmbeddingBatch(options);
  batch.input.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  batch.score(values.length / options.dimension);
  return batch;
}

test('every finite float16 is widened to its exact value, and every other one is noticed', (t) => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const batch = filled(all, { ...OPTIONS, dimension: 1, capacity: 65_536, wantSingles: true });
  const widened = batch.asSingles(65_536);
  const wrong: number[] = [];
  for (const bits of all) {
    const value = halfValue(bits);
    const right = Number.isFinite(value)
      ? Object.is(widened[bits]!, value) && !batch.hasNonFinite(bits)
      : batch.hasNonFinite(bits);
    if (!right) wrong.push(bits);
  }
  t.deepEqual(wrong, []);
});

test('dot products and squares are those of plain float64, for any dimension and number of heads', (t) => {
  for (const dimension of [1, 3, 7, 8, 9, 31, 512, 768]) {
    const { halves, rows } = halfRows(dimension, 21, dimension);
    for (const headCount of [0, 1, 2, 3, 5]) {
      const weights = Array.from({ length: headCount }, (_, h) => headWeights(h + 1, dimension));
      const batch = filled(halves, {
        ...OPTIONS,
        dimension,
        capacity: 21,
        weights: weights.map((set) => Float64Array.from(set)),
      });
      for (const [i, row] of rows.entries()) {
        for (const [h, set] of weights.entries()) {
          const difference = Math.abs(batch.products[h]![i]! - linearScore(row, set, 0));
          t.true(
            difference < 1e-12,
            `${dimension} dimensions, head ${h} of ${headCount}, row ${i}: ${difference}`,
          );
        }
        const squares = row.reduce((sum, value) => sum + value * value, 0);
        t.true(Math.abs(batch.squares[i]! - squares) < 1e-5);
      }
    }
  }
});

test('what lies behind the end of a row does not touch it', (t) => {
  const dimension = 5;
  const nan = 0x7e00;
  const halves = Uint16Array.from([0x3c00, 0, 0, 0, 0, nan, nan, nan, nan, nan, 0, 0x3c00, 0, 0, 0]);
  const batch = filled(halves, {
    ...OPTIONS,
    dimension,
    capacity: 3,
    weights: [Float64Array.of(2, 3, 4, 5, 6)],
  });
  t.is(batch.products[0]![0], 2);
  t.is(batch.products[0]![2], 3);
  t.is(batch.squares[0], 1);
  t.true(batch.hasNonFinite(1));
});

test('sums of float16 rows are exact, also of large beside tiny values', (t) => {
  for (const dimension of [3, 8, 20]) {
    const { halves } = halfRows(dimension, 50, dimension);
    // A row of one large value and the smallest numbers there are: float32 could not add them.
    halves.fill(0x0001, 7 * dimension, 8 * dimension);
    halves[7 * dimension] = 0x3c00;
    halves.fill(0x8001, 9 * dimension, 10 * dimension);
    const rows = rowsOf(halves, dimension);
    const batch = filled(halves, { ...OPTIONS, dimension, capacity: 50, sumCount: 2 });
    const members = Uint32Array.from(rows.keys()).filter((row) => row % 3 !== 0);
    batch.add(members, members.length, 1);
    const [empty, sums] = batch.takeSums();
    t.deepEqual([...empty!], new Array(dimension).fill(0));
    for (let i = 0; i < dimension; i++) {
      // Every float16 is a whole number of 2^-24.
      const exact = [...members].reduce((sum, row) => sum + BigInt(rows[row]![i]! * 2 ** 24), 0n);
      t.is(BigInt(sums![i]! * 2 ** 24), exact, `${dimension} dimensions, ${i}`);
    }
    t.deepEqual([...batch.takeSums()[1]!], new Array(dimension).fill(0), 'sums start anew');
  }
});

test('float32 rows are scored and summed as they are', (t) => {
  const dimension = 13;
  const values = unitRows(5, 9, dimension);
  const weights = headWeights(1, dimension);
  const batch = filled(values, {
    ...OPTIONS,
    type: 'float32',
    dimension,
    capacity: 9,
    weights: [Float64Array.from(weights)],
    sumCount: 1,
  });
  const rows = Array.from({ length: 9 }, (_, row) => [
    ...values.subarray(row * dimension, (row + 1) * dimension),
  ]);
  for (const [i, row] of rows.entries()) {
    t.true(Math.abs(batch.products[0]![i]! - linearScore(row, weights, 0)) < 1e-12);
  }
  batch.add(Uint32Array.of(0, 4, 8), 3, 0);
  const sums = batch.takeSums()[0]!;
  for (let i = 0; i < dimension; i++) t.is(sums[i], rows[0]![i]! + rows[4]![i]! + rows[8]![i]!);
});

test('normalised rows have length 1, and a row that has none becomes no number', (t) => {
  const dimension = 4;
  const halves = Uint16Array.from([0x4200, 0x4400, 0, 0, 0, 0, 0, 0, 0x7c00, 0, 0, 0, 0x0001, 0, 0, 0]);
  const batch = filled(halves, { ...OPTIONS, dimension, capacity: 4, normalise: true, wantSingles: true });
  const [first, second, zeros, ...rest] = batch.asSingles(4);
  t.deepEqual([first, second, zeros], [Math.fround(0.6), Math.fround(0.8), 0]);
  t.true(Number.isNaN(rest[1]!), 'a row of zeros');
  t.true(Number.isNaN(rest[5]!), 'a row with infinity');
  t.is(rest[9], 1, 'the shortest row there is');
  t.deepEqual([...batch.squares].map(Number.isNaN), [false, true, true, false]);
});
