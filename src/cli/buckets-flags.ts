import { COUNTING_FLAGS } from './counting-flags.ts';
import type { FlagTable } from './flags.ts';
import { PROVENANCE_FLAG } from './provenance-flag.ts';
import { tableFlags } from './text-flags.ts';
import { WORK_SLICE_FLAGS } from './work-slices.ts';

/** The flags of `bowerbird buckets`. */
export const BUCKETS_FLAGS: FlagTable = {
  ...tableFlags('Input:'),
  ...PROVENANCE_FLAG,
  by: {
    group: 'Table:',
    type: 'string',
    describe: 'Also count by this column (`LANGUAGE`), or by the `domain` of the URL, as LAION takes it',
  },
  'url-col': {
    group: 'Table:',
    type: 'string',
    describe: "Column of URLs for `--by domain`; found by LAION's and COYO's names",
  },
  top: { group: 'Table:', type: 'integer', min: 1, max: 100_000, default: 20, describe: 'Groups to show' },
  sort: {
    group: 'Table:',
    type: 'string',
    choices: ['count', 'punsafe', 'aesthetic'],
    default: 'count',
    describe: 'Groups by rows, mean punsafe or mean score, the greatest first',
  },
  quantiles: {
    group: 'Table:',
    type: 'list',
    default: '0.01,0.05,0.1,0.25,0.5,0.75,0.9,0.95,0.99',
    describe: 'Shares of the scored rows whose score to give, 0 to 1',
  },
  'min-aesthetic': { group: 'What if:', type: 'number', describe: 'How many rows have aesthetic > this' },
  'max-punsafe': { group: 'What if:', type: 'number', describe: 'How many rows have punsafe < this' },
  'max-pwatermark': { group: 'What if:', type: 'number', describe: 'How many rows have pwatermark < this' },
  'missing-tags': {
    group: 'What if:',
    type: 'string',
    choices: ['drop', 'keep'],
    default: 'drop',
    describe: 'What a rule says of a row without its tag',
  },
  stored: {
    group: 'What if:',
    type: 'boolean',
    default: false,
    describe: 'Answer at once from the what-if.json and buckets.json of run folders; no tags are read',
  },
  html: {
    group: 'Output:',
    type: 'string',
    describe: 'Also write a page with the histogram and a what-if control',
  },
  'output-folder': {
    group: 'Output:',
    type: 'string',
    describe:
      'Merge the runs given: buckets, means and what-if of all together go into this folder; with --slice, the folder of the slice',
  },
  'aesthetic-head': {
    group: 'Output:',
    type: 'string',
    describe: "The runs' aesthetic head, to check the merged means; the built-in encoder's is found",
  },
  json: {
    group: 'Output:',
    type: 'boolean',
    default: false,
    describe: 'Print the result as one JSON object',
  },
  'skip-bad-files': {
    group: 'Machine:',
    type: 'boolean',
    default: false,
    describe: 'Pass over files that cannot be read or have other columns; they are counted and named',
  },
  ...WORK_SLICE_FLAGS,
  ...COUNTING_FLAGS,
};
