/** The digests of an image's bytes that can be kept or verified: img2dataset's, and the names of their columns. */
export const HASH_TYPES = ['md5', 'sha256', 'sha512'] as const;

export type HashType = (typeof HASH_TYPES)[number];

/** The column of Exif data, as img2dataset names it. */
export const EXIF_COLUMN = 'exif';

/** The column of perceptual hashes. */
export const PHASH_COLUMN = 'phash';

const DIGITS: Readonly<Record<HashType, number>> = { md5: 32, sha256: 64, sha512: 128 };

/** What is told of an image's file beside its pixels. */
export interface ImageFacts {
  /** The digest of the bytes as they came, in lower-case hexadecimal digits; null where it is not wanted or no bytes came. */
  readonly digest: string | null;
  /** Exif data as the text of a JSON object; null where they are not wanted or nothing was decoded. */
  readonly exif: string | null;
  /** The perceptual hash as the decimal text of an int64; null where it is not wanted or nothing was decoded. */
  readonly phash: string | null;
}

/** Of a row of which nothing is known. */
export const NO_FACTS: ImageFacts = { digest: null, exif: null, phash: null };

/** Which of them a run keeps. */
export interface KeptFacts {
  /** Of which digest there is a column. */
  readonly hash?: HashType | undefined;
  readonly exif: boolean;
  readonly phash?: boolean;
}

/** A digest as a table has it, in lower-case digits; undefined where the text is no digest of that type. */
export function readDigest(text: string | null, type: HashType): string | undefined {
  const digits = text?.trim().toLowerCase() ?? '';
  return digits.length === DIGITS[type] && /^[0-9a-f]*$/.test(digits) ? digits : undefined;
}
