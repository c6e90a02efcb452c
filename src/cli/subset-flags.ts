import { availableParallelism } from 'node:os';
import { type Dedup, MAX_DISTANCE, MIN_COSINE, readDedup } from '../subset/dedup-options.ts';
import { MAX_SELECTIONS, type Selection, type SubsetOptions } from '../subset/options.ts';
import { namesInBraces } from '../tables/inputs/braces.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';
import { PROVENANCE_FLAG } from './provenance-flag.ts';
import { readingFlags, textReading } from './text-flags.ts';
import { WORK_SLICE_FLAGS } from './work-slices.ts';

/** The flags of `bowerbird subset`. */
export const SUBSET_FLAGS: FlagTable = {
  metadata: {
    group: 'Input:',
    type: 'list',
    describe: 'Parquet with URLs: files, folders, globs, or run folders',
  },
  tags: {
    group: 'Input:',
    type: 'list',
    describe: 'Tag tables (hash and scores) that are joined to the metadata by hash',
  },
  'url-col': {
    group: 'Input:',
    type: 'string',
    describe: "Column of URLs; found by LAION's and COYO's names",
  },
  'caption-col': { group: 'Input:', type: 'string', describe: 'Column of captions; found likewise' },
  'hash-col': {
    group: 'Input:',
    type: 'string',
    describe: "The metadata's column of int64 hashes; computed from URL and caption where there is none",
  },
  'embedding-col': {
    group: 'Input:',
    type: 'string',
    describe: "The metadata's column of embeddings for --dedup embedding; found by its name or type",
  },
  ...readingFlags('Input:'),
  ...PROVENANCE_FLAG,
  'skip-bad-files': {
    group: 'Input:',
    type: 'boolean',
    default: false,
    describe: 'Leave out files that cannot be read or do not fit, and list them',
  },
  'swap-width-height': {
    group: 'Input:',
    type: 'boolean',
    default: false,
    describe: 'Exchange WIDTH and HEIGHT, for metadata that have them the wrong way round',
  },
  'min-aesthetic': { group: 'Rules:', type: 'number', describe: 'Keep rows with aesthetic > this' },
  cut: {
    group: 'Rules:',
    type: 'list',
    describe: 'Several --min-aesthetic in one scan, each a folder: `7,8` gives aesthetic_7 and aesthetic_8',
  },
  bucket: {
    group: 'Rules:',
    type: 'list',
    describe: 'Score buckets, each a folder: `7` keeps 7 <= aesthetic < 8 in bucket_7',
  },
  'max-punsafe': { group: 'Rules:', type: 'number', describe: 'Keep rows with punsafe < this' },
  'max-pwatermark': { group: 'Rules:', type: 'number', describe: 'Keep rows with pwatermark < this' },
  'missing-tags': {
    group: 'Rules:',
    type: 'string',
    choices: ['drop', 'keep'],
    default: 'drop',
    describe: 'What a rule says of a row without its tag; counted either way',
  },
  where: {
    group: 'Rules:',
    type: 'string',
    describe: "SQL condition on the metadata's columns: `WIDTH >= 512 AND HEIGHT >= 512`",
  },
  deduplicate: {
    group: 'Rules:',
    type: 'boolean',
    default: false,
    describe: 'Of rows with the same hash keep the first only',
  },
  dedup: {
    group: 'Rules:',
    type: 'string',
    describe:
      'Of pictures that are the same keep the best: by `url`, `hash`, `sha256`, `phash:4` (bits that may differ) or `embedding:0.95` (least cosine); docs/duplicates.md',
  },
  'laion-compat': {
    group: 'Rules:',
    type: 'boolean',
    default: false,
    describe: "LAION's semantics: NaN is above every number, buckets include their upper end",
  },
  'output-folder': {
    group: 'Output:',
    type: 'string',
    required: true,
    describe:
      'Folder to write, or a URL of object storage; it appears when all is done. With --slice, the folder of the slice',
  },
  'output-files': {
    group: 'Output:',
    type: 'integer',
    min: 1,
    max: 100_000,
    describe: 'Parquet files of a subset; 128 when not given, fewer where one would have less than 1000 rows',
  },
  columns: { group: 'Output:', type: 'list', describe: 'Columns of the output; all when not given' },
  'shuffle-seed': {
    group: 'Output:',
    type: 'integer',
    min: 0,
    describe: 'Shuffle all rows, the same for the same seed; input order when not given',
  },
  compression: {
    group: 'Output:',
    type: 'string',
    choices: ['snappy', 'zstd'],
    default: 'snappy',
    describe: 'Compression of the output',
  },
  'incremental-mode': {
    group: 'Output:',
    type: 'string',
    choices: ['refuse', 'overwrite'],
    default: 'refuse',
    describe: 'What to do with an existing subset: leave it, or replace it in one step',
  },
  ...WORK_SLICE_FLAGS,
  threads: {
    group: 'Machine:',
    type: 'integer',
    min: 1,
    max: 1024,
    describe: 'Threads; as many as there are CPU cores when not given',
  },
  'memory-mb': {
    group: 'Machine:',
    type: 'integer',
    min: 512,
    default: 1024,
    describe: 'Memory of the process; what does not fit is spilled to disk',
  },
  'temporary-folder': {
    group: 'Machine:',
    type: 'string',
    describe: 'Where to spill; beside the output folder when not given',
  },
  json: {
    group: 'Output:',
    type: 'boolean',
    default: false,
    describe: 'Print subset.json instead of a table',
  },
};

/** The options that flags mean. @throws BowerbirdError BB_USAGE */
export function subsetOptions(
  values: FlagValues,
  metadata: readonly string[],
  command: string,
): SubsetOptions {
  return {
    metadata,
    tags: namesInBraces((values['tags'] as string[] | undefined) ?? []),
    urlColumn: values['url-col'] as string | undefined,
    captionColumn: values['caption-col'] as string | undefined,
    hashColumn: values['hash-col'] as string | undefined,
    selections: selections(values),
    maxPunsafe: values['max-punsafe'] as number | undefined,
    maxPwatermark: values['max-pwatermark'] as number | undefined,
    missingTags: values['missing-tags'] as 'drop' | 'keep',
    where: values['where'] as string | undefined,
    deduplicate: values['deduplicate'] === true,
    dedup: dedupOf(values['dedup'] as string | undefined),
    embeddingColumn: values['embedding-col'] as string | undefined,
    laionCompat: values['laion-compat'] === true,
    swapWidthHeight: values['swap-width-height'] === true,
    skipBadFiles: values['skip-bad-files'] === true,
    isMixAllowed: values['mixed-provenance'] === true,
    ...textReading(values),
    columns: values['columns'] as string[] | undefined,
    shuffleSeed: values['shuffle-seed'] as number | undefined,
    outputFolder: values['output-folder'] as string,
    outputFiles: values['output-files'] as number | undefined,
    compression: values['compression'] as 'snappy' | 'zstd',
    overwrite: values['incremental-mode'] === 'overwrite',
    threads: (values['threads'] as number | undefined) ?? availableParallelism(),
    memoryLimitMb: values['memory-mb'] as number,
    temporaryFolder: values['temporary-folder'] as string | undefined,
    command,
  };
}

function dedupOf(text: string | undefined): Dedup | undefined {
  if (text === undefined) return undefined;
  const dedup = readDedup(text);
  if (dedup) return dedup;
  throw usageError(
    `--dedup takes url, hash, sha256, phash, phash:BITS (0 to ${MAX_DISTANCE} that may differ), embedding or embedding:COSINE (${MIN_COSINE} to below 1); ` +
      `${JSON.stringify(text)} is none of these.`,
  );
}

function selections(values: FlagValues): Selection[] {
  const minimum = values['min-aesthetic'] as number | undefined;
  const cuts = numbers(values, 'cut');
  const buckets = numbers(values, 'bucket');
  if (minimum !== undefined && cuts.length + buckets.length > 0) {
    throw usageError('--min-aesthetic makes one subset, --cut and --bucket several: give one or the other.');
  }
  const closed = values['laion-compat'] === true;
  const several: Selection[] = [
    ...cuts.map((cut): Selection => ({ name: `aesthetic_${cut}`, lower: cut, kind: 'above' })),
    ...buckets.map(
      (bucket): Selection => ({
        name: `bucket_${bucket}`,
        lower: bucket,
        upper: bucket + 1,
        kind: closed ? 'closed-bucket' : 'bucket',
      }),
    ),
  ];
  if (several.length > MAX_SELECTIONS) throw usageError(`One scan makes at most ${MAX_SELECTIONS} subsets.`);
  if (several.length > 0) return several;
  if (minimum !== undefined) return [{ name: `aesthetic_${minimum}`, lower: minimum, kind: 'above' }];
  return [{ name: 'all', kind: 'all' }];
}

function numbers(values: FlagValues, flag: string): number[] {
  const given = (values[flag] as string[] | undefined) ?? [];
  const found = given.map(Number);
  const wrong = given.find((_, i) => !Number.isFinite(found[i]));
  if (wrong !== undefined) throw usageError(`--${flag} needs numbers; "${wrong}" is not one.`);
  if (new Set(found).size < found.length) throw usageError(`--${flag} names a number twice.`);
  return found;
}
