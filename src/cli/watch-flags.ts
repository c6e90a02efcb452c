import { availableParallelism } from 'node:os';
import type { Feed } from '../collect/post.ts';
import { isQuestion } from '../feedback/check.ts';
import type { ScoreConfig } from '../pipeline/config.ts';
import type { RunPlan, WatchOptions } from '../watch/watch.ts';
import { COLLECT_FLAGS } from './collect-flags.ts';
import { collectOptions, jsonFeedOf, redditOf } from './collected-feed.ts';
import { checkValues, type FlagTable, type FlagValues, usageError } from './flags.ts';
import { scoreConfig } from './score-config.ts';
import { SCORE_FLAGS } from './score-flags.ts';

const WATCH = 'Watch:';

/** Flags of `score` that speak of inputs and outputs, which a watch has of its own, or of stored embeddings. */
const NOT_OF_SCORE = [
  ...['url-list', 'input-format', 'delimiter', 'quote', 'encoding', 'no-header', 'url-col', 'caption-col'],
  ...[
    'hash-col',
    'image-col',
    'embedding-col',
    'skip-bad-files',
    'normalize',
    'scores-only',
    'score-threads',
  ],
  ...['verify-hash', 'save-additional-columns', 'extra-head', 'mixed-provenance', 'recompute-tags'],
  ...['output-folder', 'incremental-mode', 'retry-failed', 'retry-reasons', 'retry-after-days', 'json'],
];

function scoreFlags(): FlagTable {
  const { 'save-images': saveImages, ...others } = SCORE_FLAGS;
  const chosen = Object.entries(others).filter(([name]) => !NOT_OF_SCORE.includes(name));
  return { 'save-images': { ...saveImages!, default: 'kept' }, ...Object.fromEntries(chosen) };
}

/** The flags of `bowerbird watch`. */
export const WATCH_FLAGS: FlagTable = {
  feed: {
    group: WATCH,
    type: 'string',
    choices: ['reddit', 'jsonfeed'],
    describe: 'What is watched: the same as the first argument, for --config',
  },
  source: {
    group: WATCH,
    type: 'string',
    describe: 'Its name or address: the same as the second argument, for --config',
  },
  to: {
    group: WATCH,
    type: 'string',
    required: true,
    describe: 'Folder of the watch; made where it is missing',
  },
  question: {
    group: WATCH,
    type: 'string',
    default: 'keep',
    describe: 'What the queue asks',
  },
  mode: {
    group: WATCH,
    type: 'string',
    choices: ['keep', 'rating'],
    default: 'keep',
    describe: 'How it asks: `keep` or `rating`',
  },
  json: { group: WATCH, type: 'boolean', default: false, describe: 'Print the result as one JSON object' },
  ...withoutTo(COLLECT_FLAGS),
  ...scoreFlags(),
};

function withoutTo({ to: _to, json: _json, ...others }: FlagTable): FlagTable {
  return others;
}

/** What a watch does, by its flags. @throws BowerbirdError BB_USAGE */
export function watchOptions(
  values: FlagValues,
  positionals: readonly string[],
  command: string,
  environment: NodeJS.ProcessEnv,
): WatchOptions {
  const folder = values['to'] as string | undefined;
  if (folder === undefined) throw usageError('watch needs --to: the folder of the watch.');
  const rules = ['min-aesthetic', 'max-punsafe', 'max-pwatermark'];
  if (rules.every((name) => values[name] === undefined))
    throw usageError('watch needs a threshold above which posts are kept: --min-aesthetic 6, say.');
  const question = values['question'] as string;
  if (!isQuestion(question))
    throw usageError('--question needs a name: a small letter, then small letters, digits, _ or -.');
  const {
    folder: _,
    flag,
    ...collect
  } = collectOptions(values, feedOf(values, positionals, environment), {
    folder,
    flag: '--to',
  });
  const scoreOf = (plan: RunPlan): ScoreConfig => watchScore(values, plan, command);
  // Wrong flags of scoring are told before anything is collected.
  scoreOf({ inputs: [], outputFolder: folder, incrementalMode: 'incremental' });
  return {
    ...{ folder, flag, collect, scoreOf, command, question },
    mode: values['mode'] as WatchOptions['mode'],
    threads: availableParallelism(),
    // What a subset takes at least.
    memoryLimitMb: Math.max(512, values['memory-mb'] as number),
  };
}

function feedOf(values: FlagValues, positionals: readonly string[], environment: NodeJS.ProcessEnv): Feed {
  const [kind = values['feed'], source = values['source'], ...others] = positionals;
  if (others.length > 0 || typeof source !== 'string' || (kind !== 'reddit' && kind !== 'jsonfeed'))
    throw usageError('watch needs what to watch: reddit NAMES, or jsonfeed ADDRESS.');
  return kind === 'reddit' ? redditOf(values, source, environment) : jsonFeedOf(values, source, environment);
}

function watchScore(values: FlagValues, plan: RunPlan, command: string): ScoreConfig {
  const usual = Object.fromEntries(Object.entries(SCORE_FLAGS).map(([name, flag]) => [name, flag.default]));
  const said = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  const all = checkValues(SCORE_FLAGS, {
    ...usual,
    ...said,
    'output-folder': plan.outputFolder,
    'incremental-mode': plan.incrementalMode,
  });
  return scoreConfig(all, plan.inputs, command);
}
