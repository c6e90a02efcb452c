import { BUCKET_NAMES, type BucketName, boundsOf } from '../buckets/bucket-names.ts';

/** A bucket's range of scores in words: `7 to 8`, `below 0`, `10 and above`. */
export function bucketLabel(name: string): string {
  if (!(BUCKET_NAMES as readonly string[]).includes(name)) return name;
  const { lower, upper } = boundsOf(name as BucketName);
  if (lower === null) return `below ${upper}`;
  if (upper === null) return `${lower} and above`;
  return `${lower} to ${upper}`;
}
