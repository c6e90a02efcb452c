import test from 'ava';
import fc from 'fast-check';
import { BowerbirdError } from '../../src/base/errors.ts';
import { BUCKET_NAMES, type BucketName, boundsOf, bucketOf } from '../../src/scores/bucket-names.ts';
import { BucketSums } from '../../src/scores/bucket-sums.ts';
import { Histogram } from '../../src/scores/histogram.ts';

const JUST_BELOW_ONE = 1 - 2 ** -53;

const edges: readonly (readonly [score: number, bucket: BucketName])[] = [
  [-1e300, 'below'],
  [-Number.MIN_VALUE, 'below'],
  [-0, '0'],
  [0, '0'],
  [JUST_BELOW_ONE, '0'],
  [1, '1'],
  [6.999999999999999, '6'],
  [7, '7'],
  [9, '9'],
  [9.999999999999998, '9'],
  [10, 'above'],
  [1e300, 'above'],
];
for (const [score, bucket] of edges) {
  test(`the score ${Object.is(score, -0) ? '-0' : score} lies in the bucket ${bucket}`, (t) => {
    t.is(bucketOf(score), bucket);
  });
}

test('the bounds of a bucket hold its scores, and the buckets leave no gap', (t) => {
  const bounds = BUCKET_NAMES.map(boundsOf);
  for (const [score, bucket] of edges) {
    const { lower, upper } = boundsOf(bucket);
    t.true(score >= (lower ?? score) && score < (upper ?? Number.POSITIVE_INFINITY));
  }
  t.deepEqual(
    bounds.slice(1).map(({ lower }) => lower),
    bounds.slice(0, -1).map(({ upper }) => upper),
  );
});

test('NaN lies in no bucket and no bin, and spoils no sum', (t) => {
  t.throws(() => bucketOf(Number.NaN), { instanceOf: RangeError });
  t.throws(() => new Histogram().add(Number.NaN, true), { instanceOf: RangeError });
  t.throws(() => new BucketSums(1).add(Number.NaN, Float32Array.of(1), 0), { instanceOf: RangeError });
  t.throws(() => new BucketSums(1).add(Number.POSITIVE_INFINITY, Float32Array.of(1), 0), {
    instanceOf: RangeError,
  });
});

test('sums take the embedding at its offset, bucket by bucket', (t) => {
  const sums = new BucketSums(2);
  const embeddings = Float32Array.of(1, 2, 3, 4, 5, 6);
  sums.add(1.5, embeddings, 0);
  sums.add(7, embeddings, 2);
  sums.add(1.25, embeddings, 4);
  const filled = sums.toPartials().filter(({ count }) => count > 0);
  t.deepEqual(
    filled.map((sum) => ({ ...sum })),
    [
      { bucket: '1', count: 2, scoreSum: 2.75, embeddingSum: Float64Array.of(6, 8) },
      { bucket: '7', count: 1, scoreSum: 7, embeddingSum: Float64Array.of(3, 4) },
    ],
  );
});

test('sums stay exact where float32 would lose the small part', (t) => {
  const sums = new BucketSums(1);
  sums.add(1, Float32Array.of(2 ** 30), 0);
  sums.add(1, Float32Array.of(2 ** -20), 0);
  t.is(sums.toPartials()[2]!.embeddingSum[0], 2 ** 30 + 2 ** -20);
});

test('a score of 1e300 is summed in the open bucket', (t) => {
  const sums = new BucketSums(1);
  sums.add(1e300, Float32Array.of(1), 0);
  t.is(sums.toPartials().at(-1)!.scoreSum, 1e300);
});

/** Values whose float64 sums are exact in any order, as an oracle for counting and addressing. */
const exactRows = fc.array(
  fc.record({
    score: fc.integer({ min: -20, max: 120 }).map((n) => n / 8),
    value: fc.integer({ min: -100, max: 100 }),
  }),
  { maxLength: 60 },
);

test('a merge of shards is the sum over all of their rows', (t) => {
  fc.assert(
    fc.property(fc.array(exactRows, { maxLength: 5 }), (shards) => {
      const merged = new BucketSums(1);
      for (const rows of shards) {
        const sums = new BucketSums(1);
        for (const { score, value } of rows) sums.add(score, Float32Array.of(value), 0);
        merged.merge(sums.toPartials());
      }
      return merged.toPartials().every(({ bucket, count, scoreSum, embeddingSum }) => {
        const rows = shards.flat().filter(({ score }) => bucketOf(score) === bucket);
        return (
          count === rows.length &&
          scoreSum === rows.reduce((sum, { score }) => sum + score, 0) &&
          embeddingSum[0] === rows.reduce((sum, { value }) => sum + value, 0)
        );
      });
    }),
  );
  t.pass();
});

test('shards that finish in any order merge to the same bits in shard order', (t) => {
  const makeShard = (seed: number): BucketSums => {
    const sums = new BucketSums(3);
    for (let row = 0; row < 50; row++) {
      const values = [1, 2, 3].map((k) => Math.sin(seed * 1000 + row * 10 + k));
      sums.add(5 + 5 * values[0]!, Float32Array.from(values), 0);
    }
    return sums;
  };
  const mergeAll = (made: ReadonlyMap<number, BucketSums>): BucketSums => {
    const merged = new BucketSums(3);
    for (const id of [0, 1, 2, 3]) merged.merge(made.get(id)!.toPartials());
    return merged;
  };
  const forwards = new Map([0, 1, 2, 3].map((id) => [id, makeShard(id)]));
  const backwards = new Map([3, 1, 0, 2].map((id) => [id, makeShard(id)]));
  t.deepEqual(mergeAll(forwards).toPartials(), mergeAll(backwards).toPartials());
});

for (const [what, bucket, dimension] of [
  ['a bucket that does not exist', '11', 2],
  ['another dimension', '7', 3],
] as const) {
  test(`stored sums of ${what} are refused as a corrupt run`, (t) => {
    const stored = { bucket, count: 1, scoreSum: 7, embeddingSum: new Float64Array(dimension) };
    const error = t.throws(() => new BucketSums(2).merge([stored]), { instanceOf: BowerbirdError });
    t.is(error.code, 'BB_RUN_CORRUPT');
  });
}

test('all twelve buckets are there in order, empty or not', (t) => {
  t.deepEqual(
    new BucketSums(1).toPartials().map(({ bucket }) => bucket),
    [...BUCKET_NAMES],
  );
});
