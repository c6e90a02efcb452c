import type { BucketName } from './bucket-names.ts';
import type { BucketSums } from './bucket-sums.ts';

/** A score of the form weights . embedding + bias. */
export interface LinearScore {
  /** One per dimension of the embedding. */
  readonly weights: Float64Array;
  readonly bias: number;
}

/** A score bucket of a finished run. Means are null where the bucket is empty. */
export interface BucketSummary {
  readonly name: BucketName;
  readonly count: number;
  readonly meanScore: number | null;
  /** Norm of the raw mean: near 1 where the bucket's embeddings agree, near 0 where they point everywhere. */
  readonly rawMeanNorm: number | null;
  /** w.(sum/count)+b by a linear head; equals `meanScore` up to rounding. */
  readonly headOnMean: number | null;
  /** sum/count, float64[dimension]. */
  readonly rawMean: Float64Array | null;
  /** The raw mean at length 1, float32[dimension]: LAION's rating{k}.npy. */
  readonly unitMean: Float32Array | null;
}

/** Sums up each bucket, lowest first. */
export function summarize(sums: BucketSums, linear: LinearScore | undefined): BucketSummary[] {
  return sums.toPartials().map(({ bucket, count, scoreSum, embeddingSum }) => {
    if (count === 0) return emptyBucket(bucket);
    const rawMean = embeddingSum.map((value) => value / count);
    const rawMeanNorm = Math.sqrt(rawMean.reduce((sum, value) => sum + value * value, 0));
    return {
      name: bucket,
      count,
      meanScore: scoreSum / count,
      rawMeanNorm,
      headOnMean: linear ? apply(linear, rawMean) : null,
      rawMean,
      unitMean: rawMeanNorm > 0 ? Float32Array.from(rawMean, (value) => value / rawMeanNorm) : null,
    };
  });
}

function emptyBucket(name: BucketName): BucketSummary {
  const nothing = { meanScore: null, rawMeanNorm: null, headOnMean: null, rawMean: null, unitMean: null };
  return { name, count: 0, ...nothing };
}

function apply({ weights, bias }: LinearScore, embedding: Float64Array): number {
  return embedding.reduce((sum, value, i) => sum + value * weights[i]!, 0) + bias;
}

/** The head's score of a bucket's mean equals the mean of the bucket's scores to this, or the sums are wrong. */
export const MEAN_TOLERANCE = 1e-5;

/** The largest |w.(sum/count)+b - mean score| over the buckets: at most MEAN_TOLERANCE where sums and scores belong together. */
export function checkMeans(buckets: readonly BucketSummary[]): number {
  const differences = buckets.map(({ headOnMean, meanScore }) =>
    headOnMean === null || meanScore === null ? 0 : Math.abs(headOnMean - meanScore),
  );
  return Math.max(0, ...differences);
}
