import type { FlagTable } from './flags.ts';
import { tableFlags } from './text-flags.ts';

/** The flags of `bowerbird transforms`. */
export const TRANSFORMS_FLAGS: FlagTable = {
  from: { group: 'Counts:', type: 'number', min: 0, max: 1e14, default: 200, describe: 'The lowest count' },
  to: { group: 'Counts:', type: 'number', min: 0, max: 1e14, default: 20000, describe: 'The highest count' },
  points: {
    group: 'Counts:',
    type: 'integer',
    min: 2,
    max: 100_000,
    default: 100,
    describe: 'How many counts are tried',
  },
  spacing: {
    group: 'Counts:',
    type: 'string',
    choices: ['linear', 'log'],
    default: 'linear',
    describe: 'How they are spaced: evenly, or with even ratios',
  },
  error: {
    group: 'Counts:',
    type: 'number',
    min: 0,
    max: 1,
    default: 0.1,
    describe: 'By which share of itself a score is off',
  },
  fit: { group: 'Distribution:', type: 'string', describe: 'Table with a column of counts' },
  column: { group: 'Distribution:', type: 'string', describe: 'That column, as `likes`' },
  ...tableFlags('Distribution:'),
  html: {
    group: 'Output:',
    type: 'string',
    describe: 'Page with tables and figures; one that is there is replaced',
  },
  json: {
    group: 'Output:',
    type: 'boolean',
    default: false,
    describe: 'Print JSON with all points instead of text',
  },
};
