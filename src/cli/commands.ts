import type { Command, LoadedCommand } from './command.ts';

/** Commands by the word that they are called by; a group has commands of its own. */
export const COMMANDS: readonly (CommandEntry | CommandGroup)[] = [
  {
    usage: 'score [inputs..]',
    describe:
      'Score the images of URL shards, folders, archives and tables; write tags, buckets and a report',
    load: async () => (await import('./score-command.ts')).SCORE,
  },
  {
    usage: 'estimate [inputs..]',
    describe: 'Score a sample of a run, and say what all of it would take: hours, bytes, requests, dollars',
    load: async () => (await import('./estimate-command.ts')).ESTIMATE,
  },
  {
    usage: 'plan [inputs..]',
    describe:
      'Write the plan of a run that several machines will do: its inputs, shards, settings and models',
    load: async () => (await import('./plan-command.ts')).PLAN,
  },
  {
    usage: 'coordinate <run>',
    describe:
      'Fill a queue with the shards of a planned run that are not committed, and watch until none is open',
    load: async () => (await import('./coordinate-command.ts')).COORDINATE,
  },
  {
    usage: 'work <run>',
    describe: 'Do shards of a planned run that a queue gives, until none is left',
    load: async () => (await import('./work-command.ts')).WORK,
  },
  {
    usage: 'status <run>',
    describe: 'Say how far a run is, who is at work on it, and what fails',
    load: async () => (await import('./status-command.ts')).STATUS,
  },
  {
    usage: 'merge <run>',
    describe:
      'Make the merged files and the report of a planned run from the shards that workers have committed',
    load: async () => (await import('./merge-command.ts')).MERGE,
  },
  {
    usage: 'subset [inputs..]',
    describe: 'Join tags to metadata by hash and write the rows that pass as Parquet for img2dataset',
    load: async () => (await import('./subset-command.ts')).SUBSET,
  },
  {
    usage: 'sidecars <run>',
    describe:
      'Write the scores of a run as a Parquet file for each of its inputs, for loaders that read those',
    load: async () => (await import('./sidecars-command.ts')).SIDECARS,
  },
  {
    usage: 'buckets [inputs..]',
    describe: 'Count scores by bucket, and the subset of any thresholds',
    load: async () => (await import('./buckets-command.ts')).BUCKETS,
  },
  {
    usage: 'audit <paths..>',
    describe:
      'What a filter keeps of which captions, languages, hosts and sizes, and where it treats them otherwise',
    load: async () => (await import('./audit-command.ts')).AUDIT,
  },
  {
    usage: 'browse <path>',
    describe: 'Look at the pictures of a run or a subset, on a page of this machine',
    load: async () => (await import('./browse-command.ts')).BROWSE,
  },
  {
    usage: 'lookup <store> [hashes..]',
    describe: 'Look scores up by hash, or by URL and caption',
    load: async () => (await import('./lookup-command.ts')).LOOKUP,
  },
  {
    usage: 'serve <store>',
    describe: 'Look scores up over HTTP',
    load: async () => (await import('./serve-command.ts')).SERVE,
  },
  {
    name: 'store',
    describe: 'Build, extend, describe, check or export a hash -> score store',
    commands: [
      {
        usage: 'build [inputs..]',
        describe: 'Build a store from scores, or replace the one there is',
        load: async () => (await import('./store-write-command.ts')).STORE_BUILD,
      },
      {
        usage: 'add <store> [inputs..]',
        describe: 'Add scores to a store, or replace some; costs what is added',
        load: async () => (await import('./store-write-command.ts')).STORE_ADD,
      },
      {
        usage: 'compact <store>',
        describe: 'Write a store and what was added to it as one',
        load: async () => (await import('./store-write-command.ts')).STORE_COMPACT,
      },
      {
        usage: 'info <store>',
        describe: 'What a store holds and where it comes from',
        load: async () => (await import('./store-command.ts')).STORE_INFO,
      },
      {
        usage: 'verify <store>',
        describe: 'Check every byte of a store',
        load: async () => (await import('./store-command.ts')).STORE_VERIFY,
      },
      {
        usage: 'export <store>',
        describe: 'Write all entries as one file, sorted by hash',
        load: async () => (await import('./store-export-command.ts')).STORE_EXPORT,
      },
    ],
  },
  {
    name: 'feedback',
    describe: 'What people answered: import, export, counts and agreement',
    commands: [
      {
        usage: 'import <files..>',
        describe: 'Add answers from tables, from Label Studio or from other feedback files',
        load: async () => (await import('./feedback-import-command.ts')).FEEDBACK_IMPORT,
      },
      {
        usage: 'export <feedback..>',
        describe: 'Write the answers that stand, each once, as one file',
        load: async () => (await import('./feedback-export-command.ts')).FEEDBACK_EXPORT,
      },
      {
        usage: 'info <feedback..>',
        describe: 'What was answered by whom, and how far raters agree with each other and with themselves',
        load: async () => (await import('./feedback-info-command.ts')).FEEDBACK_INFO,
      },
    ],
  },
  {
    name: 'posts',
    describe: 'Posts and users with their likes: a table that grows, and what is written of it',
    commands: [
      {
        usage: 'add <inputs..>',
        describe: 'Add what is new to a table of posts: downloads of Instaloader, tables, feeds',
        load: async () => (await import('./posts-add-command.ts')).POSTS_ADD,
      },
      {
        usage: 'export <posts>',
        describe: 'Write posts or users of a table as a file, or as shards for score',
        load: async () => (await import('./posts-export-command.ts')).POSTS_EXPORT,
      },
      {
        usage: 'report <posts>',
        describe:
          'A page about a table of posts: users, most and least liked, age, what tells the user, repeats',
        load: async () => (await import('./posts-report-command.ts')).POSTS_REPORT,
      },
      {
        usage: 'dataset <posts>',
        describe: 'Labels and image tensors to train on, made of a table of posts',
        load: async () => (await import('./posts-dataset-command.ts')).POSTS_DATASET,
      },
    ],
  },
  {
    usage: 'queue',
    describe: 'Choose what to ask a person next: what a head learns most from, by chance, and again',
    load: async () => (await import('./queue-command.ts')).QUEUE,
  },
  {
    usage: 'rate <source>',
    describe: 'Answer which pictures are better, on a page of this machine',
    load: async () => (await import('./rate-command.ts')).RATE,
  },
  {
    usage: 'train',
    describe:
      'Make a head from ratings, pairs, keeps or likes and embeddings, or a network on the pixels of posts',
    load: async () => (await import('./train-command.ts')).TRAIN,
  },
  {
    usage: 'evaluate [heads..]',
    describe: 'Hold heads and published scores against what people said, side by side',
    load: async () => (await import('./evaluate-command.ts')).EVALUATE,
  },
  {
    usage: 'review <run>',
    describe: 'Look at the best of a run one by one, and copy what you keep into a folder',
    load: async () => (await import('./review-command.ts')).REVIEW,
  },
  {
    name: 'models',
    describe: 'Encoders and heads by name: list, fetch, find; weights to ONNX',
    commands: [
      {
        usage: 'list',
        describe: 'The models that are known by name, and which of them are on this machine',
        load: async () => (await import('./models-command.ts')).MODELS_LIST,
      },
      {
        usage: 'fetch <names..>',
        describe:
          'Fetch models into the cache, going on where an earlier fetch ended, and check their digests',
        load: async () => (await import('./models-command.ts')).MODELS_FETCH,
      },
      {
        usage: 'where <name>',
        describe: 'Where the files of a model lie on this machine; ends with 1 where they do not',
        load: async () => (await import('./models-command.ts')).MODELS_WHERE,
      },
      {
        usage: 'check <model>',
        describe: 'Check the files of a model, try it out, and time it; ends with 1 where something is wrong',
        load: async () => (await import('./models-check-command.ts')).MODELS_CHECK,
      },
      {
        usage: 'convert <weights>',
        describe: 'Turn weights (safetensors, .bin, .pt) into an ONNX model with its manifest',
        load: async () => (await import('./models-convert-command.ts')).MODELS_CONVERT,
      },
    ],
  },
  {
    name: 'collect',
    describe: 'New posts of a feed, with their likes, as URL shards',
    commands: [
      {
        usage: 'reddit <multireddit>',
        describe: 'New posts of subreddits, users or multireddits',
        load: async () => (await import('./collect-command.ts')).COLLECT_REDDIT,
      },
      {
        usage: 'jsonfeed <url>',
        describe: 'New posts of a feed in JSON: JSON Feed 1.1, or any by paths',
        load: async () => (await import('./collect-command.ts')).COLLECT_JSONFEED,
      },
    ],
  },
  {
    usage: 'watch [what..]',
    describe: 'Collect what is new in a feed, score it, and queue what is above the threshold for review',
    load: async () => (await import('./watch-command.ts')).WATCH,
  },
  {
    usage: 'transforms',
    describe:
      'What an error of a score means in likes, for each label transform; how a column of likes looks after each',
    load: async () => (await import('./transforms-command.ts')).TRANSFORMS,
  },
  {
    usage: 'demo',
    describe: 'Score the sample shards that come with bowerbird, from an image host of its own',
    load: async () => (await import('./demo-command.ts')).DEMO,
  },
];

/** A command's line in the help, and the rest of it, which is loaded where it is called: its flags alone need a hundred modules. */
export interface CommandEntry {
  /** In yargs' terms: `info <store>`. */
  readonly usage: string;
  readonly describe: string;
  readonly load: () => Promise<Command>;
}

/** Commands that share their first word. */
export interface CommandGroup {
  readonly name: string;
  readonly describe: string;
  readonly commands: readonly CommandEntry[];
}

/** The word that a command is called by. */
export function nameOf(command: CommandEntry | CommandGroup): string {
  return 'name' in command ? command.name : command.usage.split(' ')[0]!;
}

/** A command as it is called: its words, and what it takes to load it. */
interface CalledCommand {
  /** `store build` */
  readonly name: string;
  readonly entry: CommandEntry;
}

function calledCommands(): CalledCommand[] {
  return COMMANDS.flatMap((entry): CalledCommand[] =>
    'commands' in entry
      ? entry.commands.map((command) => ({ name: `${entry.name} ${nameOf(command)}`, entry: command }))
      : [{ name: nameOf(entry), entry }],
  );
}

/** Commands by their words: `store build`. */
export type LoadedCommands = ReadonlyMap<string, LoadedCommand>;

async function load(commands: readonly CalledCommand[]): Promise<LoadedCommands> {
  const loaded = commands.map(
    async ({ name, entry: { usage, describe, load } }) =>
      [name, { usage, describe, ...(await load()) }] as const,
  );
  return new Map(await Promise.all(loaded));
}

/** Loads the commands that a command line may call: all of whose words are in it. Flags may stand before them. */
export function loadCalled(args: readonly string[]): Promise<LoadedCommands> {
  const words = new Set(args);
  return load(calledCommands().filter(({ name }) => name.split(' ').every((word) => words.has(word))));
}

/** Loads all of them: of what is unknown in one, another may know more. */
export function loadAll(): Promise<LoadedCommands> {
  return load(calledCommands());
}
