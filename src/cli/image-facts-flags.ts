import type { ScoreConfig, VerifiedHash } from '../pipeline/config.ts';
import { HASH_TYPES, type HashType } from '../samples/image-facts.ts';
import { type FlagTable, type FlagValues, usageError, whereGiven } from './flags.ts';

const NO_HASH = 'none';

/** What is kept of each image's file and row, and what files must be, in img2dataset's names. */
export function imageFactsFlags(group: string): FlagTable {
  return {
    'compute-hash': {
      group,
      type: 'string',
      choices: [NO_HASH, ...HASH_TYPES],
      default: NO_HASH,
      describe: "Digest of each image's bytes as they came, in a column of its name",
    },
    'verify-hash': {
      group,
      type: 'list',
      describe:
        'COLUMN,TYPE: a column of digests and what they are (`md5`, `sha256`, `sha512`); images with another digest fail as hash_mismatch',
    },
    'extract-exif': {
      group,
      type: 'boolean',
      default: false,
      describe: 'Exif data of each image as JSON, in a column `exif`',
    },
    'compute-phash': {
      group,
      type: 'boolean',
      default: false,
      describe:
        'Perceptual hash of each decoded image (64 bits, as int64), in a column `phash` (docs/duplicates.md)',
    },
    'save-additional-columns': {
      group,
      type: 'list',
      describe:
        'Of the columns of the input, those that go into tags and metadata beside URL, caption, hash and scores; all if not given',
    },
  };
}

/** The same as a run takes them. @throws BowerbirdError BB_USAGE */
export function imageFacts(
  values: FlagValues,
): Pick<ScoreConfig, 'keptFacts' | 'verifiedHash' | 'savedColumns'> {
  const hash = values['compute-hash'] as HashType | typeof NO_HASH;
  const verifiedHash = verifiedHashOf(values['verify-hash'] as readonly string[] | undefined);
  return {
    keptFacts: {
      hash: hash === NO_HASH ? undefined : hash,
      exif: values['extract-exif'] as boolean,
      ...(values['compute-phash'] === true && { phash: true }),
    },
    ...(verifiedHash && { verifiedHash }),
    ...whereGiven(values, 'savedColumns', 'save-additional-columns'),
  };
}

function verifiedHashOf(given: readonly string[] | undefined): VerifiedHash | undefined {
  if (!given) return undefined;
  const [column, type, ...others] = given;
  const known = HASH_TYPES.find((each) => each === type);
  if (column !== undefined && known && others.length === 0) return { column, type: known };
  throw usageError(
    `--verify-hash takes a column and what it holds, one of ${HASH_TYPES.join(', ')}, as --verify-hash md5_column,md5; ` +
      `${JSON.stringify(given.join(','))} is not that.`,
  );
}
