import { EXPORT_FORMATS, EXPORT_TABLES } from '../posts/export-formats.ts';
import type { FlagTable } from './flags.ts';

/** The flags of `bowerbird posts export`. */
export const POSTS_EXPORT_FLAGS: FlagTable = {
  output: { group: 'Output:', type: 'string', required: true, describe: 'File to write: .csv or .parquet' },
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
    choices: EXPORT_FORMATS,
    describe: "Format, where the output's name does not tell",
  },
  'incremental-mode': {
    group: 'Output:',
    type: 'string',
    choices: ['refuse', 'overwrite'],
    default: 'refuse',
    describe: 'What to do with an existing output file: leave it, or replace it in one step',
  },
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print the result as JSON' },
};
