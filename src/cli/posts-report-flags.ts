import type { FlagTable } from './flags.ts';

/** The flags of `bowerbird posts report`. */
export const POSTS_REPORT_FLAGS: FlagTable = {
  pictures: {
    group: 'Page:',
    type: 'integer',
    min: 0,
    max: 200,
    default: 12,
    describe: 'How many of the most and of the least liked posts are shown',
  },
  'pictures-from': {
    group: 'Page:',
    type: 'list',
    describe:
      'Runs that have the images of posts with a URL alone: saved with `score --save-images`, or made from files that still lie where they lay',
  },
  files: {
    group: 'Page:',
    type: 'boolean',
    default: true,
    describe: 'Read image files of the same size to find those that are the same; --no-files leaves that out',
  },
  output: { group: 'Output:', type: 'string', required: true, describe: 'The page: an HTML file' },
  'incremental-mode': {
    group: 'Output:',
    type: 'string',
    choices: ['refuse', 'overwrite'],
    default: 'refuse',
    describe: 'What to do with a file that lies there',
  },
  json: {
    group: 'Output:',
    type: 'boolean',
    default: false,
    describe: 'Print figures as JSON instead of text',
  },
};
