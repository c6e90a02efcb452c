import { isTag, TAGS, type Tag } from '../samples/tags.ts';
import type { ReadOptions } from '../store/reader.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';
import { PROVENANCE_FLAG } from './provenance-flag.ts';
import { tableFlags } from './text-flags.ts';
import { WORK_SLICE_FLAGS } from './work-slices.ts';

const JSON_FLAG = {
  group: 'Output:',
  type: 'boolean',
  default: false,
  describe: 'Print JSON instead of a table',
} as const;

export const STORE_POSITIONAL = { type: 'string', demandOption: true, describe: 'Store folder' } as const;

/** The flags of `bowerbird store build`. */
export const STORE_BUILD_FLAGS: FlagTable = {
  from: {
    group: 'Input:',
    type: 'list',
    describe: "Run folders, tag Parquet, CSV or static-ondisk-kv files; the same as the command's arguments",
  },
  ...tableFlags('Input:'),
  ...PROVENANCE_FLAG,
  'kv-format': {
    group: 'Input:',
    type: 'string',
    describe:
      'How the records of static-ondisk-kv files look: `q+ee`; not needed where FILE.json lies beside',
  },
  'kv-columns': {
    group: 'Input:',
    type: 'list',
    describe: "The scores in them, in their order; LAION's: `pwatermark,punsafe`",
  },
  columns: {
    group: 'Store:',
    type: 'list',
    default: 'aesthetic',
    describe: 'Scores to store, of `aesthetic`, `punsafe`, `pwatermark`',
  },
  precision: {
    group: 'Store:',
    type: 'string',
    choices: ['float16', 'float32'],
    default: 'float16',
    describe: '`float16` rounds scores to 11 bits; `float32` keeps them exactly, for thresholds',
  },
  output: {
    group: 'Output:',
    type: 'string',
    required: true,
    describe: 'Store folder; a new build replaces the last. With --slice, the folder of the slice',
  },
  ...WORK_SLICE_FLAGS,
  'memory-mb': {
    group: 'Machine:',
    type: 'integer',
    min: 64,
    default: 512,
    describe: 'Memory for reading and sorting',
  },
  json: JSON_FLAG,
};

/** The flags of `bowerbird store add`: columns and precision are the store's. */
export const STORE_ADD_FLAGS: FlagTable = Object.fromEntries(
  Object.entries(STORE_BUILD_FLAGS).filter(
    ([name]) => !['columns', 'precision', 'output', 'slice', 'merge'].includes(name),
  ),
);

/** The flags of `bowerbird store info` and `store verify`. */
export const STORE_INFO_FLAGS: FlagTable = { json: JSON_FLAG };

/** Of commands that look hashes up. */
export const PAGE_CHECKS_FLAG: FlagTable = {
  'page-checks': {
    group: 'Store:',
    type: 'string',
    choices: ['first-touch', 'off'],
    default: 'first-touch',
    describe:
      'Hold a page of the store against its checksum when it is first touched; `off` saves that and trusts the disk',
  },
};

/** How `--page-checks` wants a store to be read. */
export function readOptions(values: FlagValues): ReadOptions {
  return { checkPages: values['page-checks'] !== 'off' };
}

const MODE_FLAG = {
  group: 'Output:',
  type: 'string',
  choices: ['refuse', 'overwrite'],
  default: 'refuse',
  describe: 'What to do with an existing output file: leave it, or replace it in one step',
} as const;

/** The flags of `bowerbird store export`. */
export const STORE_EXPORT_FLAGS: FlagTable = {
  format: {
    group: 'Output:',
    type: 'string',
    required: true,
    choices: ['static-ondisk-kv', 'parquet'],
    describe: 'What to write',
  },
  output: { group: 'Output:', type: 'string', required: true, describe: 'File to write' },
  columns: {
    group: 'Output:',
    type: 'list',
    describe:
      "Scores to write, in this order; all where none are named, static-ondisk-kv as LAION's: `pwatermark,punsafe`",
  },
  precision: {
    group: 'Output:',
    type: 'string',
    choices: ['float16', 'float32'],
    describe: "Of static-ondisk-kv: value format `e` or `f`; the store's own where it is left out",
  },
  'incremental-mode': MODE_FLAG,
  json: { ...JSON_FLAG, describe: 'Print the result as JSON' },
};

/** The flags of `bowerbird lookup`. */
export const LOOKUP_FLAGS: FlagTable = {
  url: { group: 'Input:', type: 'string', describe: 'Look the sample with this URL up' },
  text: { group: 'Input:', type: 'string', describe: "That sample's caption, where it has one" },
  input: {
    group: 'Input:',
    type: 'string',
    describe:
      'File (`-`: standard input) with a hash, or URL and caption with a tab between, on each line; or .parquet',
  },
  'hash-col': {
    group: 'Input:',
    type: 'string',
    describe: 'Of Parquet: column of int64 hashes; `hash`, or else computed from URL and caption',
  },
  'url-col': { group: 'Input:', type: 'string', describe: 'Of Parquet: column of URLs; found by its name' },
  'caption-col': {
    group: 'Input:',
    type: 'string',
    describe: 'Of Parquet: column of captions; found likewise',
  },
  ...PAGE_CHECKS_FLAG,
  output: { group: 'Output:', type: 'string', describe: 'File to write: .tsv, .jsonl or .parquet' },
  'output-format': {
    group: 'Output:',
    type: 'string',
    choices: ['tsv', 'jsonl', 'parquet'],
    describe: "Format, where the output's name does not tell",
  },
  found: {
    group: 'Output:',
    type: 'boolean',
    default: false,
    describe: 'Also tell a miss from a null score: a field `found` (Parquet always has it)',
  },
  'incremental-mode': MODE_FLAG,
  json: { ...JSON_FLAG, describe: 'One JSON object a line; null on a miss' },
  'memory-mb': {
    group: 'Machine:',
    type: 'integer',
    min: 64,
    default: 512,
    describe: 'Memory for reading and writing Parquet',
  },
};

/** @throws BowerbirdError BB_USAGE for no column, an unknown one, or one given twice */
export function storeColumns(values: FlagValues): Tag[] {
  const given = (values['columns'] as string[] | undefined) ?? [];
  const known = given.filter(isTag);
  if (known.length === 0 || known.length < given.length || new Set(given).size < given.length) {
    throw usageError(
      `--columns needs one or more of ${TAGS.join(', ')}, each once; not "${given.join(',')}".`,
    );
  }
  return known;
}
