import { createHash } from 'node:crypto';

/** Which samples are held out: about one in ten. */
const VALIDATION_SHARE = 0.1;

/** A fold for cross-validation, of those not held out. */
export interface Place {
  readonly isHeldOut: boolean;
  /** A byte: the same for the same sample, whatever else there is. */
  readonly fold: number;
}

/**
 * Where a sample goes, by its own hash alone: its place stays as more answers come in. Held out where the first byte of sha256 of its hash, as
 * decimal text, is less than a tenth of 255; the second byte gives its fold.
 *
 * @param id its hash as a decimal text, or where it has none its key after `key:`
 */
export function placeOf(id: string): Place {
  const digest = createHash('sha256').update(id).digest();
  return { isHeldOut: digest[0]! / 255 < VALIDATION_SHARE, fold: digest[1]! };
}

/** By what a sample is told from others when samples are held out. By another it may lie on the other side. */
export function sideNameKind(id: string): 'hash' | 'key' {
  return id.startsWith('key:') ? 'key' : 'hash';
}
