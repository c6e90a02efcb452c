#!/usr/bin/env node
import yargs, { type Argv } from 'yargs';
import { BowerbirdError } from '../base/errors.ts';
import { packageVersion } from '../base/package.ts';
import { demoCommand } from './demo-command.ts';
import {
  checkValues,
  type FlagTable,
  type FlagValues,
  normaliseArguments,
  readConfigFile,
  usageError,
  yargsOptions,
} from './flags.ts';
import { scoreCommand } from './score-command.ts';
import { SCORE_FLAGS, scoreConfig } from './score-flags.ts';

const DEMO_FLAGS = {
  'output-folder': {
    group: 'Output:',
    type: 'string',
    default: 'out-demo',
    describe: 'Run folder of the demonstration; made anew each time',
  },
} satisfies FlagTable;

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

function buildParser(args: readonly string[]): Argv {
  return yargs([...args])
    .scriptName('bowerbird')
    .usage('$0 <command>\n\nFinds the beautiful part of a web-scale image set.')
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
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
          .example(
            '$0 score laion/*.parquet --output-folder out --min-aesthetic 7',
            'keep what scores above 7',
          ),
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
    .demandCommand(1, 'Name a command.')
    .recommendCommands()
    .strict()
    .version(packageVersion)
    .help()
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? usageError(message);
    });
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

const args = normaliseArguments(process.argv.slice(2));
try {
  await buildParser(args).parseAsync();
} catch (thrown) {
  exitCode = reportError(thrown);
}
process.exitCode = exitCode;
