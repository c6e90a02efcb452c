import { isQuestion } from '../feedback/check.ts';
import type { AskedMode } from '../feedback/queue-items.ts';
import { type QueueOptions, USUAL_MIX } from '../queue/options.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';
import { parseMix } from './queue-mix.ts';

const HEAD = 'Head:';
const MIX = 'Mix:';

/** The flags of `bowerbird queue`. */
export const QUEUE_FLAGS: FlagTable = {
  question: { group: 'What:', type: 'string', default: 'aesthetic', describe: 'What is asked' },
  mode: {
    group: 'What:',
    type: 'string',
    choices: ['pair', 'rating', 'keep'],
    default: 'pair',
    describe: 'How it is asked',
  },
  count: { group: 'What:', type: 'integer', default: 200, min: 1, max: 100_000, describe: 'How many items' },
  feedback: {
    group: 'What:',
    type: 'list',
    describe: 'Feedback files: what was answered is not asked anew, but for a few again',
  },
  embeddings: {
    group: 'Embeddings:',
    type: 'list',
    required: true,
    describe: 'Run folders with embeddings, folders of clip-retrieval, Parquet with a column of embeddings',
  },
  'embedding-col': { group: 'Embeddings:', type: 'string', describe: 'Column of embeddings in Parquet' },
  'hash-col': { group: 'Embeddings:', type: 'string', describe: 'Column of hashes' },
  pool: {
    group: 'Embeddings:',
    type: 'integer',
    default: 32_768,
    min: 0,
    describe: 'Samples that are looked at, by chance among all; 0 for all',
  },
  output: { group: 'Output:', type: 'string', required: true, describe: 'Queue file to write (JSON Lines)' },
  'incremental-mode': {
    group: 'Output:',
    type: 'string',
    choices: ['refuse', 'overwrite'],
    default: 'refuse',
    describe: 'What to do with a queue that lies there',
  },
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print JSON instead of text' },
  head: { group: HEAD, type: 'string', describe: 'Current head; everything is asked by chance without one' },
  certain: {
    group: HEAD,
    type: 'number',
    default: 0.97,
    min: 0.5,
    max: 1,
    describe: 'Pairs of such a chance or more, by the head, are passed over; 1 for none',
  },
  'audit-share': {
    group: HEAD,
    type: 'number',
    default: 0.05,
    min: 0,
    max: 1,
    describe: 'Share of these that is asked all the same',
  },
  mix: {
    group: MIX,
    type: 'string',
    describe: 'Parts; where not given: random=.3,variance=.5,top=.1,threshold=.05,repeat=.05',
  },
  candidates: {
    group: MIX,
    type: 'integer',
    default: 131_072,
    min: 1,
    max: 10_000_000,
    describe: 'Random pairs of which those that the members disagree about most are asked',
  },
  'held-out-share': {
    group: MIX,
    type: 'number',
    default: 0.1,
    min: 0,
    max: 1,
    describe: 'Of all pairs, the share of random ones of held-out samples',
  },
  'top-share': {
    group: MIX,
    type: 'number',
    default: 0.05,
    min: 0,
    max: 1,
    describe: 'Share of samples that count as top, and as near the threshold',
  },
  threshold: { group: MIX, type: 'number', describe: 'A score; where the top share begins where not given' },
  seed: { group: MIX, type: 'integer', default: 0, min: 0, describe: 'Of all that is by chance' },
};

/** @throws BowerbirdError BB_USAGE where flags do not go together */
export function queueOptions(values: FlagValues): QueueOptions {
  const mode = values['mode'] as AskedMode;
  const mix = values['mix'] as string | undefined;
  if (!isQuestion(values['question']))
    throw usageError('--question needs a small letter, then small letters, digits, _ and -.');
  return {
    mode,
    question: values['question'] as string,
    count: values['count'] as number,
    feedback: (values['feedback'] as string[] | undefined) ?? [],
    embeddings: values['embeddings'] as string[],
    embeddingColumn: values['embedding-col'] as string | undefined,
    hashColumn: values['hash-col'] as string | undefined,
    pool: values['pool'] as number,
    output: values['output'] as string,
    overwrite: values['incremental-mode'] === 'overwrite',
    head: values['head'] as string | undefined,
    certain: values['certain'] as number,
    auditShare: values['audit-share'] as number,
    mix: mix === undefined ? USUAL_MIX : parseMix(mix),
    isMixDemanded: mix !== undefined,
    candidates: values['candidates'] as number,
    heldOutShare: values['held-out-share'] as number,
    topShare: values['top-share'] as number,
    threshold: values['threshold'] as number | undefined,
    seed: values['seed'] as number,
  };
}
