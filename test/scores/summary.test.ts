import test from 'ava';
import { BucketSums } from '../../src/scores/bucket-sums.ts';
import { checkMeans, summarize } from '../../src/scores/summary.ts';

const DIMENSION = 16;

/** A fixed sequence of numbers in [-1, 1) (Knuth's MMIX generator). */
function sequence(seed: bigint): () => number {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number(state >> 11n) / 2 ** 52 - 1;
  };
}

function unit(next: () => number): Float32Array {
  const values = Float64Array.from({ length: DIMENSION }, next);
  const norm = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / norm);
}

function scoreOf(weights: Float64Array, bias: number, embedding: ArrayLike<number>): number {
  return weights.reduce((sum, weight, i) => sum + weight * embedding[i]!, bias);
}

test('an empty bucket has a count and nothing else', (t) => {
  const [below] = summarize(new BucketSums(2), undefined);
  const { name, count, ...means } = below!;
  t.deepEqual([name, count], ['below', 0]);
  t.true(Object.values(means).every((value) => value === null));
});

test('a bucket has the mean of its embeddings, its norm, and the mean at length 1', (t) => {
  const sums = new BucketSums(2);
  sums.add(2.5, Float32Array.of(1, 0), 0);
  sums.add(2, Float32Array.of(0, 1), 0);
  const bucket = summarize(sums, { weights: Float64Array.of(2, 1), bias: 0.75 })[3]!;
  t.deepEqual(bucket.rawMean, Float64Array.of(0.5, 0.5));
  t.is(bucket.rawMeanNorm, Math.SQRT1_2);
  t.deepEqual(bucket.unitMean, Float32Array.of(Math.SQRT1_2, Math.SQRT1_2));
  t.is(bucket.meanScore, 2.25);
  t.is(bucket.headOnMean, 2.25);
});

test('embeddings that cancel out have a raw mean of zero and no direction', (t) => {
  const sums = new BucketSums(1);
  sums.add(5, Float32Array.of(1), 0);
  sums.add(5, Float32Array.of(-1), 0);
  const bucket = summarize(sums, undefined)[6]!;
  t.is(bucket.rawMeanNorm, 0);
  t.is(bucket.unitMean, null);
});

test('over many shards the score of the mean is the mean of the scores, far below 1e-5', (t) => {
  const next = sequence(1n);
  const weights = Float64Array.from({ length: DIMENSION }, () => 10 * next());
  const merged = new BucketSums(DIMENSION);
  for (let shard = 0; shard < 40; shard++) {
    const sums = new BucketSums(DIMENSION);
    for (let row = 0; row < 2000; row++) {
      const embedding = unit(next);
      sums.add(scoreOf(weights, 5, embedding), embedding, 0);
    }
    merged.merge(sums.toPartials());
  }
  const buckets = summarize(merged, { weights, bias: 5 });
  t.is(
    buckets.reduce((sum, { count }) => sum + count, 0),
    80_000,
  );
  t.true(checkMeans(buckets) < 1e-10, String(checkMeans(buckets)));
});

test('scores that do not belong to the embeddings show in the check', (t) => {
  const sums = new BucketSums(1);
  sums.add(5, Float32Array.of(1), 0);
  sums.add(7, Float32Array.of(1), 0);
  t.is(checkMeans(summarize(sums, { weights: Float64Array.of(1), bias: 4 })), 2);
});

test('without a linear head there is nothing to check', (t) => {
  const sums = new BucketSums(1);
  sums.add(5, Float32Array.of(1), 0);
  t.is(checkMeans(summarize(sums, undefined)), 0);
});
