import { CNN_FLAGS } from './cnn-flags.ts';
import type { FlagTable } from './flags.ts';

const LINEAR = 'Ridge and logistic:';
const NETWORK = 'Networks (bradley-terry, mlp; what is said of cnn, for that too):';

/** The flags of `bowerbird train`. */
export const TRAIN_FLAGS: FlagTable = {
  method: {
    group: 'What:',
    type: 'string',
    choices: ['ridge', 'logistic', 'bradley-terry', 'mlp', 'cnn'],
    required: true,
    describe:
      'ridge: ratings or likes, linear; logistic: keep and leave, linear; bradley-terry: pairs, an ensemble; mlp: ratings or likes, an ensemble; cnn: the pixels of a dataset of posts, one network',
  },
  feedback: { group: 'What:', type: 'list', describe: 'Feedback files; all methods but cnn need some' },
  question: {
    group: 'What:',
    type: 'string',
    default: 'aesthetic',
    describe: 'The question whose answers are learned from',
  },
  rater: { group: 'What:', type: 'list', describe: 'Only the answers of these raters' },
  'label-transform': {
    group: 'What:',
    type: 'string',
    describe:
      'Learn from likes, transformed by `log1p`, `sqrt-log`, `cbrt-log`, or an expression that grows (`expr:sqrt(x)`); `score` gives the likes too, as `aesthetic_likes`. `none`: as they are',
  },
  'range-weights': {
    group: 'What:',
    type: 'list',
    describe:
      'Of ridge and mlp: what answers count by their values, as FROM=WEIGHT: 200=2,20000=4 counts those from 200 on twice, those from 20,000 on four times',
  },
  threshold: {
    group: 'What:',
    type: 'number',
    describe: 'Of logistic: learn from ratings, of which those from here on count as kept',
  },
  'remove-rater-bias': {
    group: 'What:',
    type: 'boolean',
    default: false,
    describe: "Bring all raters' ratings to one mean and spread first",
  },
  embeddings: {
    group: 'Embeddings:',
    type: 'list',
    describe:
      'All methods but cnn need some: run folders with embeddings, folders of clip-retrieval, Parquet with a column of embeddings',
  },
  'embedding-col': { group: 'Embeddings:', type: 'string', describe: 'Column of embeddings in Parquet' },
  'hash-col': { group: 'Embeddings:', type: 'string', describe: 'Column of hashes' },
  'output-folder': {
    group: 'Output:',
    type: 'string',
    required: true,
    describe: 'Folder for head.safetensors (of cnn model.onnx and model.json), training.json and train.html',
  },
  'incremental-mode': {
    group: 'Output:',
    type: 'string',
    choices: ['refuse', 'overwrite'],
    default: 'refuse',
    describe: 'What to do with a head that lies there',
  },
  tag: {
    group: 'Output:',
    type: 'string',
    choices: ['aesthetic', 'punsafe', 'pwatermark'],
    default: 'aesthetic',
    describe: 'The column that the head fills',
  },
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print the record as JSON' },
  penalty: {
    group: LINEAR,
    type: 'number',
    min: 0,
    describe: 'Penalty on squared weights; found on the answers where not given',
  },
  members: {
    group: NETWORK,
    type: 'integer',
    min: 1,
    max: 256,
    describe: 'Networks; 16 where not given',
  },
  queue: {
    group: 'What:',
    type: 'list',
    describe:
      'Of bradley-terry: queue files; held-out pairs that they did not ask by chance are measured apart, and choose no step',
  },
  step: {
    group: NETWORK,
    type: 'integer',
    min: 1,
    describe: 'The step that all networks are kept at, and end at; each at its best where not given',
  },
  'save-checkpoints': {
    group: NETWORK,
    type: 'boolean',
    default: false,
    describe: 'Write each network at each look too, as a head in checkpoints/',
  },
  seeds: {
    group: NETWORK,
    type: 'integer',
    min: 1,
    max: 100,
    describe:
      "Try so many seeds, from --seed on; the head is the first one's, the record has how the figures of all lie",
  },
  ensemble: {
    group: NETWORK,
    type: 'string',
    choices: ['mean', 'lower-median'],
    describe: 'How the scores of the networks become one; their mean where not given',
  },
  hidden: {
    group: NETWORK,
    type: 'integer',
    min: 0,
    max: 4096,
    describe:
      'Hidden units of each; as many as the embeddings have dimensions where not given, 0 for linear ones',
  },
  epochs: {
    group: NETWORK,
    type: 'integer',
    min: 1,
    describe: 'Times that all answers are seen; 5, of cnn 50, where not given',
  },
  batch: {
    group: NETWORK,
    type: 'integer',
    min: 1,
    max: 4096,
    describe: 'Answers per step; 1, of cnn 50, where not given',
  },
  'learning-rate': {
    group: NETWORK,
    type: 'number',
    min: 0,
    describe: 'Of AdamW; 0.0003, of linear ones 0.03; of cnn (Adam) 0.001',
  },
  'weight-decay': { group: NETWORK, type: 'number', min: 0, describe: 'Of AdamW; 0.2, of linear ones 0.02' },
  dropout: {
    group: NETWORK,
    type: 'number',
    min: 0,
    max: 0.95,
    describe:
      'Share of inputs that are left out in each step; 0.1 where not given. Of cnn of pooled values; 0.25',
  },
  loss: {
    group: NETWORK,
    type: 'string',
    choices: ['mse', 'huber', 'quantile'],
    describe:
      'Of mlp and cnn: squared errors (where not given), beyond one standard deviation their size, or the size of errors, so that a quantile is learned; ridge is mse',
  },
  quantile: {
    group: NETWORK,
    type: 'number',
    min: 0,
    max: 1,
    describe:
      'Of --loss quantile: the share of answers that are to lie below the score; 0.5, the median, where not given',
  },
  'evaluate-every': {
    group: NETWORK,
    type: 'integer',
    min: 1,
    describe:
      'Steps between looks at held-out answers; about 60 looks, at least 10 steps apart, where not given',
  },
  seed: {
    group: NETWORK,
    type: 'integer',
    min: 0,
    describe: 'Of starts, orders and dropout, of cnn too; 0 where not given',
  },
  threads: {
    group: NETWORK,
    type: 'integer',
    min: 1,
    max: 256,
    describe:
      'Networks that are trained at a time, of cnn threads of a step; one for each processor where not given. It changes no result',
  },
  ...CNN_FLAGS,
};
