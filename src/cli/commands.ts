import { AUDIT } from './audit-command.ts';
import { BROWSE } from './browse-command.ts';
import { BUCKETS } from './buckets-command.ts';
import { COLLECT_JSONFEED, COLLECT_REDDIT } from './collect-command.ts';
import type { Command } from './command.ts';
import { COORDINATE } from './coordinate-command.ts';
import { DEMO } from './demo-command.ts';
import { ESTIMATE } from './estimate-command.ts';
import { EVALUATE } from './evaluate-command.ts';
import { FEEDBACK_EXPORT } from './feedback-export-command.ts';
import { FEEDBACK_IMPORT } from './feedback-import-command.ts';
import { FEEDBACK_INFO } from './feedback-info-command.ts';
import { LOOKUP } from './lookup-command.ts';
import { MERGE } from './merge-command.ts';
import { MODELS_CHECK } from './models-check-command.ts';
import { MODELS_FETCH, MODELS_LIST, MODELS_WHERE } from './models-command.ts';
import { MODELS_CONVERT } from './models-convert-command.ts';
import { PLAN } from './plan-command.ts';
import { POSTS_ADD } from './posts-add-command.ts';
import { POSTS_DATASET } from './posts-dataset-command.ts';
import { POSTS_EXPORT } from './posts-export-command.ts';
import { POSTS_REPORT } from './posts-report-command.ts';
import { QUEUE } from './queue-command.ts';
import { RATE } from './rate-command.ts';
import { REVIEW } from './review-command.ts';
import { SCORE } from './score-command.ts';
import { SERVE } from './serve-command.ts';
import { SIDECARS } from './sidecars-command.ts';
import { STATUS } from './status-command.ts';
import { STORE_INFO, STORE_VERIFY } from './store-command.ts';
import { STORE_EXPORT } from './store-export-command.ts';
import { STORE_ADD, STORE_BUILD, STORE_COMPACT } from './store-write-command.ts';
import { SUBSET } from './subset-command.ts';
import { TRAIN } from './train-command.ts';
import { TRANSFORMS } from './transforms-command.ts';
import { WATCH } from './watch-command.ts';
import { WORK } from './work-command.ts';

/** Commands by the word that they are called by; a group has commands of its own. */
export const COMMANDS: readonly (Command | CommandGroup)[] = [
  SCORE,
  ESTIMATE,
  PLAN,
  COORDINATE,
  WORK,
  STATUS,
  MERGE,
  SUBSET,
  SIDECARS,
  BUCKETS,
  AUDIT,
  BROWSE,
  LOOKUP,
  SERVE,
  {
    name: 'store',
    describe: 'Build, extend, describe, check or export a hash -> score store',
    commands: [STORE_BUILD, STORE_ADD, STORE_COMPACT, STORE_INFO, STORE_VERIFY, STORE_EXPORT],
  },
  {
    name: 'feedback',
    describe: 'What people answered: import, export, counts and agreement',
    commands: [FEEDBACK_IMPORT, FEEDBACK_EXPORT, FEEDBACK_INFO],
  },
  {
    name: 'posts',
    describe: 'Posts and users with their likes: a table that grows, and what is written of it',
    commands: [POSTS_ADD, POSTS_EXPORT, POSTS_REPORT, POSTS_DATASET],
  },
  QUEUE,
  RATE,
  TRAIN,
  EVALUATE,
  REVIEW,
  {
    name: 'models',
    describe: 'Encoders and heads by name: list, fetch, find; weights to ONNX',
    commands: [MODELS_LIST, MODELS_FETCH, MODELS_WHERE, MODELS_CHECK, MODELS_CONVERT],
  },
  {
    name: 'collect',
    describe: 'New posts of a feed, with their likes, as URL shards',
    commands: [COLLECT_REDDIT, COLLECT_JSONFEED],
  },
  WATCH,
  TRANSFORMS,
  DEMO,
];

/** Commands that share their first word. */
export interface CommandGroup {
  readonly name: string;
  readonly describe: string;
  readonly commands: readonly Command[];
}

/** The word that a command is called by. */
export function nameOf(command: Command | CommandGroup): string {
  return 'name' in command ? command.name : command.usage.split(' ')[0]!;
}
