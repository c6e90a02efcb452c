import { LEAST } from '../popularity/choose.ts';
import { SPLIT_BYS } from '../popularity/split.ts';
import { STANDARDISATIONS } from '../popularity/standardise.ts';
import type { FlagTable } from './flags.ts';

const LABELS = 'Labels:';
const POSTS = 'Which posts:';
const IMAGES = 'Images:';
const OUTPUT = 'Output:';

/** The flags of `bowerbird posts dataset`. */
export const POSTS_DATASET_FLAGS: FlagTable = {
  standardise: {
    group: LABELS,
    type: 'string',
    choices: STANDARDISATIONS,
    default: 'max',
    describe:
      "What likes are divided by: the user's most liked post (max), the user's followers, or nothing (none)",
  },
  'label-transform': {
    group: LABELS,
    type: 'string',
    describe:
      'What is to be learned of the labels: `log1p`, `sqrt-log`, `cbrt-log`, or an expression that grows (`expr:sqrt(x)`). It is stated, and a column beside the labels; these are written without it',
  },
  question: {
    group: LABELS,
    type: 'string',
    default: 'popularity',
    describe: 'The question that the labels answer, for train',
  },
  'likes-from': { group: POSTS, type: 'number', min: 0, describe: 'Only posts with so many likes or more' },
  'likes-to': { group: POSTS, type: 'number', min: 0, describe: 'Only posts with so many likes or fewer' },
  'min-age': {
    group: POSTS,
    type: 'number',
    min: 0,
    describe: 'Only posts that had been there for so many days when their likes were counted',
  },
  gate: {
    group: POSTS,
    type: 'string',
    describe:
      'Scores that posts must pass, found by their hash: a run folder or a file, as RUN:COLUMN (RUN alone: aesthetic)',
  },
  'gate-from': { group: POSTS, type: 'number', describe: 'Scores from here on pass' },
  'gate-below': { group: POSTS, type: 'number', describe: 'Scores below this pass' },
  'posts-per-user': {
    group: POSTS,
    type: 'integer',
    min: 1,
    word: LEAST,
    describe:
      'So many posts of each user, drawn by the seed; users with fewer are left out. least: as many as the user with the fewest has',
  },
  repeated: {
    group: POSTS,
    type: 'boolean',
    default: false,
    describe: 'Take posts too that show what an earlier one shows (the same file, or URL and caption)',
  },
  images: {
    group: IMAGES,
    type: 'boolean',
    default: true,
    describe: 'Write image tensors; with --no-images no image is looked at, and posts without one are taken',
  },
  'image-size': {
    group: IMAGES,
    type: 'integer',
    min: 1,
    max: 1024,
    describe: 'Side of the crops, in pixels; 50 where not given',
  },
  'min-side': {
    group: IMAGES,
    type: 'integer',
    min: 0,
    max: 65_535,
    describe: 'Leave out images with a side of fewer pixels; the side of the crops where not given',
  },
  'pictures-from': {
    group: IMAGES,
    type: 'list',
    describe:
      'Runs that have the images of posts with a URL alone: saved with `score --save-images`, or made from files that still lie where they lay',
  },
  processes: {
    group: IMAGES,
    type: 'integer',
    min: 1,
    max: 256,
    describe: 'Decoder processes; one for each processor where not given. They change no byte',
  },
  'split-by': {
    group: OUTPUT,
    type: 'string',
    choices: SPLIT_BYS,
    default: 'post',
    describe: 'Whether train, validation and test may share users (post) or not (user)',
  },
  seed: {
    group: OUTPUT,
    type: 'integer',
    min: 0,
    default: 0,
    describe: 'Of all that is drawn by chance',
  },
  'output-folder': {
    group: OUTPUT,
    type: 'string',
    required: true,
    describe: 'Folder for the dataset',
  },
  'incremental-mode': {
    group: OUTPUT,
    type: 'string',
    choices: ['refuse', 'overwrite'],
    default: 'refuse',
    describe: 'What to do with a dataset that lies there',
  },
  json: { group: OUTPUT, type: 'boolean', default: false, describe: 'Print dataset.json instead of text' },
};
