/** The score buckets, lowest first: `below` (score < 0), half-open [k, k+1) for k = 0..9, and `above` (>= 10). */
export const BUCKET_NAMES = ['below', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'above'] as const;

/** A score bucket. */
export type BucketName = (typeof BUCKET_NAMES)[number];

/** The bucket of a score. -0 lies in bucket 0. */
export function bucketOf(score: number): BucketName {
  if (Number.isNaN(score)) throw new RangeError('NaN lies in no score bucket');
  if (score < 0) return 'below';
  if (score >= 10) return 'above';
  return BUCKET_NAMES[1 + Math.floor(score)]!;
}
