import { EXPORT_FORMATS, EXPORT_TABLES, SHARDS_FORMAT } from '../posts/export-formats.ts';
import type { FlagTable } from './flags.ts';
import { tableFlags } from './text-flags.ts';

const { 'input-format': INPUT_FORMAT, ...TEXT_FLAGS } = tableFlags('Input:');

/** The flags of `bowerbird posts add`. */
export const POSTS_ADD_FLAGS: FlagTable = {
  to: {
    group: 'Output:',
    type: 'string',
    required: true,
    describe: 'Folder of the table that posts are added to; made where it is missing',
  },
  users: {
    group: 'Posts:',
    type: 'string',
    describe: 'Text file with the name of a user on each line: these alone are added, in this order',
  },
  columns: {
    group: 'Posts:',
    type: 'list',
    describe: 'Which column of tables says what, where its name does not show it: `post_id=id,likes=hearts`',
  },
  images: {
    group: 'Posts:',
    type: 'string',
    describe: "Folder that paths of images in tables start from and lie in; the table's own where not given",
  },
  'seen-at': {
    group: 'Posts:',
    type: 'string',
    describe:
      'When the counts were seen, where no column says it: `2026-05-01`; when the file was last written where not given',
  },
  'input-format': {
    ...INPUT_FORMAT!,
    choices: ['instaloader', ...INPUT_FORMAT!.choices!.filter((format) => format !== 'txt')],
    describe: 'Format of tables whose names do not tell it; `instaloader`: that folders hold its downloads',
  },
  ...TEXT_FLAGS,
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print the result as JSON' },
};

/** The flags of `bowerbird posts export`. */
export const POSTS_EXPORT_FLAGS: FlagTable = {
  output: {
    group: 'Output:',
    type: 'string',
    required: true,
    describe: 'File to write: .jsonl, .csv or .parquet; with `--format shards` a folder',
  },
  table: {
    group: 'Output:',
    type: 'string',
    choices: EXPORT_TABLES,
    default: 'posts',
    describe: 'What is written: posts or users as they are, or all that their counts have been',
  },
  format: {
    group: 'Output:',
    type: 'string',
    choices: [...EXPORT_FORMATS, SHARDS_FORMAT],
    describe:
      "Format, where the output's name does not tell; `jsonl` is what mongoimport reads, `shards` what `score` does",
  },
  'incremental-mode': {
    group: 'Output:',
    type: 'string',
    choices: ['refuse', 'overwrite'],
    default: 'refuse',
    describe: 'What to do with an existing output: leave it, or replace it in one step',
  },
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print the result as JSON' },
};
