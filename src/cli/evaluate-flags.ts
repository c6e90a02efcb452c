import type { FlagTable } from './flags.ts';
import { libraryFlags } from './models-flags.ts';

const WHAT = 'What:';
const ANSWERS = 'Answers:';
const FIGURES = 'Figures:';

/** The flags of `bowerbird evaluate`. */
export const EVALUATE_FLAGS: FlagTable = {
  scores: {
    group: WHAT,
    type: 'list',
    describe: 'Published scores: run folders or files, each as FILE:COLUMN (FILE alone: aesthetic)',
  },
  embeddings: {
    group: WHAT,
    type: 'list',
    describe:
      'Run folders with embeddings, folders of clip-retrieval, Parquet with a column of embeddings: what heads score',
  },
  'embedding-col': { group: WHAT, type: 'string', describe: 'Column of embeddings in Parquet' },
  'hash-col': { group: WHAT, type: 'string', describe: 'Column of hashes' },
  tag: {
    group: WHAT,
    type: 'string',
    choices: ['aesthetic', 'punsafe', 'pwatermark'],
    default: 'aesthetic',
    describe: 'The column that the heads fill',
  },
  ...libraryFlags(WHAT),
  feedback: { group: ANSWERS, type: 'list', required: true, describe: 'Feedback files' },
  question: {
    group: ANSWERS,
    type: 'string',
    default: 'aesthetic',
    describe: 'The question whose answers count',
  },
  rater: { group: ANSWERS, type: 'list', describe: 'Only the answers of these raters' },
  queue: {
    group: ANSWERS,
    type: 'list',
    describe: 'Queue files: only answers to their items that were drawn by chance count',
  },
  'learned-from': {
    group: ANSWERS,
    type: 'list',
    describe:
      'Feedback files that heads were trained on: samples that they do not name are held out, too; baselines learn from them',
  },
  dataset: {
    group: ANSWERS,
    type: 'string',
    describe:
      'A folder of posts dataset: the same for its part for training; where it has tensors, a linear function of the pixels stands beside the heads',
  },
  users: {
    group: ANSWERS,
    type: 'string',
    describe:
      "Whose samples are, for the baseline of users' means: a table of posts, or a run folder or file as FILE:COLUMN (FILE alone: user); of likes the rater where not given",
  },
  'held-out-only': {
    group: ANSWERS,
    type: 'boolean',
    default: true,
    describe: 'Only samples that training holds out',
  },
  all: {
    group: ANSWERS,
    type: 'boolean',
    default: false,
    describe: 'All samples; heads that train made still see held-out ones alone',
  },
  'per-rater': {
    group: ANSWERS,
    type: 'boolean',
    default: false,
    describe: 'The same figures for each rater as well',
  },
  'good-from': {
    group: FIGURES,
    type: 'number',
    describe: 'Ratings from here on count as good, for the ROC curve; of keep that is known',
  },
  'good-from-likes': {
    group: FIGURES,
    type: 'number',
    describe: 'The same of likes',
  },
  'score-threshold': {
    group: FIGURES,
    type: 'number',
    describe: 'Say how many of the samples with a score above are good',
  },
  ranges: {
    group: FIGURES,
    type: 'list',
    describe: 'Edges of the ranges that errors of ratings are told by; 4,7 where not given',
  },
  'ranges-likes': {
    group: FIGURES,
    type: 'list',
    describe: 'The same of likes; 200,20000 where not given, 0.1,0.5 where none is above 1',
  },
  'collection-rows': {
    group: FIGURES,
    type: 'integer',
    default: 20_000,
    min: 0,
    max: 1_000_000,
    describe:
      'Samples of the embeddings (or of the first scores) drawn to compare scores over all; 0 for none',
  },
  resamples: {
    group: FIGURES,
    type: 'integer',
    default: 1000,
    min: 100,
    max: 100_000,
    describe: 'Resamples that intervals and tests are made from',
  },
  seed: { group: FIGURES, type: 'integer', default: 0, min: 0, describe: 'Of resamples and draws' },
  'output-folder': {
    group: 'Output:',
    type: 'string',
    describe: 'Folder for evaluation.json and evaluate.html',
  },
  'incremental-mode': {
    group: 'Output:',
    type: 'string',
    choices: ['refuse', 'overwrite'],
    default: 'refuse',
    describe: 'What to do with an evaluation that lies there',
  },
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print the record as JSON' },
};
