import { setFlagsFromString } from 'node:v8';
import yargs, { type Argv } from 'yargs';
import { packageVersion } from '../base/package.ts';
import { type AddingOptions, addCommand } from './command.ts';
import { COMMANDS, type CommandGroup, nameOf } from './commands.ts';
import { normaliseArguments, usageError } from './flags.ts';
import { docsLine, helpOpening, inWords } from './help.ts';
import { reportError } from './report-error.ts';
import { joinTruthValues } from './switches.ts';
import { type NamedFlags, unknownFlag } from './unknown-flags.ts';

/** The words to parse, and who gets the exit code of the command that they name. */
type Parsing = Pick<AddingOptions, 'args' | 'finish'>;

function addGroup(parser: Argv, { name, describe, commands }: CommandGroup, parsing: Parsing): Argv {
  const names = commands.map(nameOf);
  return parser.command(name, describe, (group) =>
    commands
      .reduce((all, command) => addCommand(all, command, { group: name, ...parsing }), group)
      .demandCommand(1, `Name what to do with the ${name}: ${inWords(names)}.`),
  );
}

const EXAMPLES = [
  ["score 'laion/*.parquet' --output-folder out --min-aesthetic 7", 'Score the images of URL shards'],
  ['buckets out', 'How many images lie above which score'],
  ['subset --metadata out --min-aesthetic 7 --output-folder best', 'The best of them, ready for img2dataset'],
  ['demo', 'All of it on sample shards, from a host on this machine'],
] as const;

function buildParser(parsing: Parsing): Argv {
  const { args } = parsing;
  const parser = yargs([...args])
    .scriptName('bowerbird')
    .usage(helpOpening('<command>', 'Finds the beautiful part of a web-scale image set.', EXAMPLES))
    .epilogue(`\`bowerbird <command> --help\` lists the flags of a command.\n${docsLine('README.md')}`)
    .parserConfiguration({
      // `--no-header` is a flag of its own.
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    });
  for (const command of COMMANDS) {
    if ('commands' in command) addGroup(parser, command, parsing);
    else addCommand(parser, command, parsing);
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
      throw error && error.name !== 'YError' ? error : usageError(explain(message ?? error.message, args));
    });
}

/** yargs' complaint as sentences. Of what it does not know, it gives the names only. */
function explain(message: string, args: readonly string[]): string {
  const [, unknown] = /^Unknown arguments?: (.*)$/.exec(message) ?? [];
  const command = commandOf(args);
  if (!unknown || !command) return ended(message);
  const flags = unknown.split(', ').filter((name) => args.some((arg) => isFlag(arg, name)));
  if (flags.length === 0) return ended(message);
  return flags.map((name) => unknownFlag(name, command, namedFlags())).join('\n');
}

const isFlag = (arg: string, name: string): boolean => arg === `--${name}` || arg.startsWith(`--${name}=`);

/** The command that the words begin with. */
function commandOf(args: readonly string[]): NamedFlags | undefined {
  return namedFlags().find(({ name }) => `${args.join(' ')} `.startsWith(`${name} `));
}

function namedFlags(): NamedFlags[] {
  return COMMANDS.flatMap((entry): NamedFlags[] =>
    'commands' in entry
      ? entry.commands.map((command) => ({ ...command, name: `${entry.name} ${nameOf(command)}` }))
      : [{ ...entry, name: nameOf(entry) }],
  );
}

function ended(sentence: string): string {
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
}

/**
 * Runs a command line, the words after `bowerbird`; gives the exit code. What goes wrong is told on stderr.
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  relaxGarbageCollection();
  const normalised = normaliseArguments(words);
  const args = joinTruthValues(normalised, commandOf(normalised)?.flags ?? {});
  let exitCode = 0;
  const parser = buildParser({
    args,
    finish: (code) => {
      exitCode = code;
    },
  });
  try {
    if (args.length === 0) throw usageError(`name a command.\n\n${await parser.getHelp()}\n`);
    await parser.parseAsync();
    return exitCode;
  } catch (thrown) {
    return reportError(thrown);
  }
}

/**
 * Lets the heap grow further before it is collected. A process through which images flow allocates buffers outside the
 * heap all the time, and V8 answers that by marking its whole (small) heap again and again: a tenth of the CPU time of
 * a run. The flag is V8's; one that it does not know is ignored.
 */
function relaxGarbageCollection(): void {
  setFlagsFromString('--heap-growing-percent=200');
}
