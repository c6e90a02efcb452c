#!/usr/bin/env node
import yargs, { type Argv } from 'yargs';
import { EXIT_CODES } from '../base/error-codes.ts';
import { BowerbirdError } from '../base/errors.ts';
import { relaxGarbageCollection } from '../base/garbage.ts';
import { packageVersion } from '../base/package.ts';
import { addCommand } from './command.ts';
import { COMMANDS, type CommandGroup, nameOf } from './commands.ts';
import { normaliseArguments, usageError } from './flags.ts';

let exitCode = 0;

function finish(code: number): void {
  exitCode = code;
}

function addGroup(parser: Argv, { name, describe, commands }: CommandGroup, args: readonly string[]): Argv {
  const names = commands.map(nameOf);
  return parser.command(name, describe, (group) =>
    commands
      .reduce((all, command) => addCommand(all, command, args, finish), group)
      .demandCommand(1, `Name what to do with the ${name}: ${inWords(names)}.`),
  );
}

/** a, b or c */
function inWords(names: readonly string[]): string {
  return names.join(', ').replace(/, ([^,]*)$/, ' or $1');
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
    });
  for (const command of COMMANDS) {
    if ('commands' in command) addGroup(parser, command, args);
    else addCommand(parser, command, args, finish);
  }
  return parser
    .demandCommand(1, `Name a command: ${inWords(COMMANDS.map(nameOf))}.`)
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
  await buildParser(args).parseAsync();
} catch (thrown) {
  exitCode = reportError(thrown);
}
process.exitCode = exitCode;
// What was interrupted while it planned or loaded a model cannot be called off: it would keep the process alive.
if (exitCode === EXIT_CODES.BB_INTERRUPTED) process.exit();
