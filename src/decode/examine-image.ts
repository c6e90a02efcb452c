import { createHash } from 'node:crypto';
import { decodeImage, type ImageDecoding } from './decode-image.ts';
import { exifText } from './exif/exif-text.ts';
import type { Decoded, DecodeFailure } from './outcome.ts';
import { sniff } from './sniff.ts';

/** What is asked of image files beside their pixels. Digests are named as node:crypto names them. */
export interface AskedFacts {
  /** The digest to tell. */
  readonly digest?: string | undefined;
  /** The digest that files must have. */
  readonly verified?: string | undefined;
  /** Whether Exif data are told. */
  readonly exif: boolean;
  /** Whether the perceptual hash is told. */
  readonly phash?: boolean | undefined;
}

/**
 * Takes the digest of an image file, holds it against the one that it must have, and only then decodes it. Exif data are
 * read of images that were decoded, as img2dataset does it.
 *
 * @param expected the digest that it must have, where digests are verified
 */
export async function examineImage(
  bytes: Buffer,
  expected: string | undefined,
  decoding: ImageDecoding,
  asked: AskedFacts,
): Promise<Decoded | DecodeFailure> {
  const digestOf = (type: string): string => createHash(type).update(bytes).digest('hex');
  const digest = asked.digest === undefined ? null : digestOf(asked.digest);
  if (asked.verified !== undefined) {
    const seen = asked.verified === asked.digest ? digest : digestOf(asked.verified);
    if (seen !== expected)
      return {
        kind: 'failed',
        reason: 'hash_mismatch',
        message: 'hash mismatch',
        facts: { digest, exif: null, phash: null },
      };
  }
  const outcome = await decodeImage(bytes, { ...decoding, takesHash: asked.phash === true });
  if (outcome.kind === 'failed') return { ...outcome, facts: { digest, exif: null, phash: null } };
  const { phash = null, ...decoded } = outcome;
  const exif = asked.exif ? exifText(bytes, sniff(bytes).format!) : null;
  return { ...decoded, facts: { digest, exif, phash } };
}
