/** What makes two rows pictures of one group. */
export type Dedup =
  | { readonly by: 'url' | 'hash' | 'sha256' }
  /** Perceptual hashes that differ in at most so many bits. */
  | { readonly by: 'phash'; readonly distance: number }
  /** Embeddings whose cosine is at least so much. */
  | { readonly by: 'embedding'; readonly cosine: number };

/** A resized or recompressed picture is seldom further from its original (docs/duplicates.md). */
export const DEFAULT_DISTANCE = 4;
/** Beyond it, pictures have as much in common by chance, and the search would look at nearly all of them. */
export const MAX_DISTANCE = 10;
export const DEFAULT_COSINE = 0.95;
/** Nothing below is a near-duplicate to any encoder. */
export const MIN_COSINE = 0.5;

/** The same as text: `phash:4`. */
export function dedupText(dedup: Dedup): string {
  if (dedup.by === 'phash') return `phash:${dedup.distance}`;
  return dedup.by === 'embedding' ? `embedding:${dedup.cosine}` : dedup.by;
}

/** What a text means; undefined where it means nothing. */
export function readDedup(text: string): Dedup | undefined {
  const [, by, , given] = /^(url|hash|sha256|phash|embedding)(:(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  const value = given === undefined ? undefined : Number(given);
  switch (by) {
    case 'url':
    case 'hash':
    case 'sha256':
      return value === undefined ? { by } : undefined;
    case 'phash': {
      const distance = value ?? DEFAULT_DISTANCE;
      return Number.isInteger(distance) && distance <= MAX_DISTANCE ? { by, distance } : undefined;
    }
    case 'embedding': {
      const cosine = value ?? DEFAULT_COSINE;
      return cosine >= MIN_COSINE && cosine < 1 ? { by, cosine } : undefined;
    }
    default:
      return undefined;
  }
}
