import { countOf, type Label } from '../samples/label.ts';

/** The score buckets, lowest first: `below` (score < 0), half-open [k, k+1) for k = 0..9, and `above` (>= 10). */
export const BUCKET_NAMES = ['below', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'above'] as const;

/** A score bucket. */
export type BucketName = (typeof BUCKET_NAMES)[number];

const FIRST_ABOVE = 10;

/** The bounds of a bucket, `lower` included and `upper` not; null where it is open. */
export function boundsOf(name: BucketName): { readonly lower: number | null; readonly upper: number | null } {
  if (name === 'below') return { lower: null, upper: 0 };
  if (name === 'above') return { lower: FIRST_ABOVE, upper: null };
  return { lower: Number(name), upper: Number(name) + 1 };
}

/**
 * The bounds of a bucket of scores in the unit that a label says of them; `upper` is null where it is open. Scores below that of 0
 * things count as 0.
 */
export function boundsInUnit(
  name: BucketName,
  { transform }: Label,
): { readonly lower: number; readonly upper: number | null } {
  const { lower, upper } = boundsOf(name);
  return {
    lower: lower === null ? 0 : countOf(transform, lower),
    upper: upper === null ? null : countOf(transform, upper),
  };
}

/** A bucket as people read it, in the terminal, on pages and in documents: `<0`, `7-8`, `>=10`. Other names as they are. */
export function bucketLabel(name: string): string {
  if (!(BUCKET_NAMES as readonly string[]).includes(name)) return name;
  const { lower, upper } = boundsOf(name as BucketName);
  if (lower === null) return `<${upper}`;
  return upper === null ? `>=${lower}` : `${lower}-${upper}`;
}

/** The bucket of a score. -0 lies in bucket 0. */
export function bucketOf(score: number): BucketName {
  if (Number.isNaN(score)) throw new RangeError('NaN lies in no score bucket');
  return BUCKET_NAMES[bucketPlace(score)]!;
}

/** The place of a score's bucket in `BUCKET_NAMES`. @param score not NaN */
export function bucketPlace(score: number): number {
  if (score < 0) return 0;
  return score >= FIRST_ABOVE ? 1 + FIRST_ABOVE : 1 + Math.floor(score);
}
