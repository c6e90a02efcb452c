import { COUNTING_FLAGS } from './counting-flags.ts';
import type { FlagTable } from './flags.ts';

const FILTER = 'Filter:';
const GROUPS = 'Groups:';

/** The flags of `bowerbird audit`. */
export const AUDIT_FLAGS: FlagTable = {
  'min-aesthetic': { group: FILTER, type: 'number', describe: 'Kept is aesthetic > this' },
  'max-punsafe': { group: FILTER, type: 'number', describe: 'Kept is punsafe < this' },
  'max-pwatermark': { group: FILTER, type: 'number', describe: 'Kept is pwatermark < this' },
  'missing-tags': {
    group: FILTER,
    type: 'string',
    choices: ['drop', 'keep'],
    default: 'drop',
    describe: 'What a rule says of a row without its tag',
  },
  'caption-col': {
    group: GROUPS,
    type: 'string',
    describe: "Column of captions; found by LAION's and COYO's names",
  },
  'url-col': { group: GROUPS, type: 'string', describe: 'Column of URLs; found likewise' },
  'language-col': {
    group: GROUPS,
    type: 'string',
    describe: 'Column of languages; `language`, `LANGUAGE` or `lang` where one is there',
  },
  'min-rows': {
    group: GROUPS,
    type: 'integer',
    default: 50,
    min: 1,
    describe: 'Groups of fewer rows are left out',
  },
  top: {
    group: 'Output:',
    type: 'integer',
    default: 10,
    min: 1,
    max: 100_000,
    describe: 'Groups of each kind to print, on either side',
  },
  output: { group: 'Output:', type: 'string', describe: 'Write all groups as JSON to this file' },
  html: {
    group: 'Output:',
    type: 'string',
    describe: 'Write a page with pictures of the shares to this file; one that is there is replaced',
  },
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print all groups as JSON' },
  ...COUNTING_FLAGS,
};
