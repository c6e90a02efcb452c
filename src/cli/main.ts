#!/usr/bin/env node
import yargs, { type Argv } from 'yargs';
import { EXIT_CODES } from '../base/error-codes.ts';
import { BowerbirdError } from '../base/errors.ts';
import { relaxGarbageCollection } from '../base/garbage.ts';
import { packageVersion } from '../base/package.ts';
import { demoCommand } from './demo-command.ts';
import {
  checkValues,
  type FlagTable,
  type FlagValues,
  normaliseArguments,
  readConfigFile,
  refuseBooleanValues,
  usageError,
  yargsOptions,
} from './flags.ts';
import { lookupCommand } from './lookup-command.ts';
import { scoreCommand } from './score-command.ts';
import { SCORE_FLAGS, scoreConfig } from './score-flags.ts';
import { storeBuildCommand, storeInfoCommand, storeVerifyCommand } from './store-command.ts';
import { LOOKUP_FLAGS, STORE_BUILD_FLAGS, STORE_INFO_FLAGS } from './store-flags.ts';

const DEMO_FLAGS = {
  'output-folder': {
    group: 'Output:',
    type: 'string',
    default: 'out-demo',
    describe: 'Run folder of the demonstration; made anew each time',
  },
} satisfies FlagTable;

const STORE_POSITIONAL = { type: 'string', demandOption: true, describe: 'Store folder' } as const;

let exitCode = 0;

function commandLine(args: readonly string[]): string {
  return [
    'bowerbird',
    ...args.map((arg) => (/^[\w./:=,@%+-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`)),
  ].join(' ');
}

async function runScoreCommand(parsed: FlagValues, args: readonly string[]): Promise<void> {
  const values = checkValues(SCORE_FLAGS, parsed);
  const inputs = [
    ...((parsed['inputs'] as string[] | undefined) ?? []),
    ...((values['url-list'] as string[]) ?? []),
  ];
  if (inputs.length === 0)
    throw usageError('score needs at least one input: a file, folder, glob or brace pattern.');
  if (!values['output-folder']) throw usageError('score needs --output-folder: the run folder to write.');
  exitCode = await scoreCommand(scoreConfig(values, inputs, commandLine(args)), values['json'] === true);
}

function addStoreCommands(parser: Argv): Argv {
  return parser
    .command(
      'build [inputs..]',
      'Build a store from scores, or replace the one there is',
      (command) =>
        command
          .positional('inputs', { type: 'string', array: true, describe: 'More of --from' })
          .options(yargsOptions(STORE_BUILD_FLAGS)),
      async (parsed) => {
        const values = checkValues(STORE_BUILD_FLAGS, parsed);
        const inputs = [
          ...((values['from'] as string[]) ?? []),
          ...((parsed['inputs'] as string[] | undefined) ?? []),
        ];
        exitCode = await storeBuildCommand(values, inputs);
      },
    )
    .command(
      'info <store>',
      'What a store holds and where it comes from',
      (command) => command.positional('store', STORE_POSITIONAL).options(yargsOptions(STORE_INFO_FLAGS)),
      async (parsed) => {
        exitCode = await storeInfoCommand(parsed['store'] as string, parsed['json'] === true);
      },
    )
    .command(
      'verify <store>',
      'Check every byte of a store',
      (command) => command.positional('store', STORE_POSITIONAL).options(yargsOptions(STORE_INFO_FLAGS)),
      async (parsed) => {
        exitCode = await storeVerifyCommand(parsed['store'] as string, parsed['json'] === true);
      },
    )
    .demandCommand(1, 'Name what to do with the store: build, info or verify.');
}

function addLookup(parser: Argv): Argv {
  return parser.command(
    'lookup <store> [hashes..]',
    'Look scores up by hash, or by URL and caption',
    (command) =>
      command
        .positional('store', STORE_POSITIONAL)
        .positional('hashes', { type: 'string', array: true, describe: 'Hashes (int64)' })
        .options(yargsOptions(LOOKUP_FLAGS)),
    async (parsed) => {
      // What comes after `--` is none of the positionals that yargs names.
      const [, ...afterDashes] = parsed['_'] as string[];
      const hashes = [...((parsed['hashes'] as string[] | undefined) ?? []), ...afterDashes];
      exitCode = await lookupCommand(parsed['store'] as string, hashes, checkValues(LOOKUP_FLAGS, parsed));
    },
  );
}

function buildParser(args: readonly string[]): Argv {
  const parser = yargs([...args])
    .scriptName('bowerbird')
    .usage('$0 <command>\n\nFinds the beautiful part of a web-scale image set.')
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .command(
      'score [inputs..]',
      'Download, embed and score the images of URL shards; write tags, buckets and a report',
      (command) =>
        command
          .positional('inputs', {
            type: 'string',
            array: true,
            describe: 'Files, folders, globs or brace patterns',
          })
          .options(yargsOptions(SCORE_FLAGS))
          .config('config', 'JSON file with the same names', (path) => readConfigFile(path, SCORE_FLAGS))
          .group('config', 'Input:')
          .example([
            [`$0 score 'laion/*.parquet' --output-folder out --min-aesthetic 7`, 'Keep what scores above 7'],
            ['$0 score urls.txt --output-folder out --json > result.json', 'Numbers for a script'],
          ]),
      (parsed) => runScoreCommand(parsed, args),
    )
    .command(
      'demo',
      'Score the sample shards that come with bowerbird, from an image host of its own',
      (command) => command.options(yargsOptions(DEMO_FLAGS)),
      async (parsed) => {
        exitCode = await demoCommand(checkValues(DEMO_FLAGS, parsed)['output-folder'] as string);
      },
    )
    .command('store', 'Build, describe or check a hash -> score store', addStoreCommands);
  return addLookup(parser)
    .demandCommand(1, 'Name a command: score, store, lookup or demo.')
    .recommendCommands()
    .strictCommands()
    .strict()
    .version(packageVersion)
    .help()
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      // yargs' own complaints come as messages, some of them as errors.
      throw error && error.name !== 'YError' ? error : usageError(ended(message ?? error.message));
    });
}

function ended(sentence: string): string {
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
}

function reportError(thrown: unknown): number {
  if (thrown instanceof BowerbirdError) {
    process.stderr.write(`bowerbird: ${thrown.message}\n[${thrown.code}]\n`);
    if (thrown.code === 'BB_USAGE') process.stderr.write('`bowerbird <command> --help` lists the flags.\n');
    return thrown.exitCode;
  }
  const trace = thrown instanceof Error ? thrown.stack : String(thrown);
  process.stderr.write(
    `bowerbird: this is a defect of bowerbird itself; please report it.\n${trace}\n[BB_INTERNAL]\n`,
  );
  return 1;
}

// A pipe that is closed early (`| head`), or a terminal that is gone, is no reason to end a run of days.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

relaxGarbageCollection();
const args = normaliseArguments(process.argv.slice(2));
try {
  if (args.length === 0) throw usageError(`name a command.\n\n${await buildParser(args).getHelp()}\n`);
  refuseBooleanValues(args, SCORE_FLAGS);
  await buildParser(args).parseAsync();
} catch (thrown) {
  exitCode = reportError(thrown);
}
process.exitCode = exitCode;
// What was interrupted while it planned or loaded a model cannot be called off: it would keep the process alive.
if (exitCode === EXIT_CODES.BB_INTERRUPTED) process.exit();
