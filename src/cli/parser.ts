import type { Argv } from 'yargs';
import yargs from 'yargs';
import { packageVersion } from '../base/package.ts';
import { type AddingOptions, addCommand } from './command.ts';
import { COMMANDS, type CommandEntry, type CommandGroup, type LoadedCommands, nameOf } from './commands.ts';
import { docsLine, helpOpening, inWords } from './help.ts';

/** The words to parse, the commands that they may call, and who gets the exit code. */
export interface Parsing extends Pick<AddingOptions, 'args' | 'finish'> {
  readonly called: LoadedCommands;
}

/** What yargs says of a command line that it does not take. */
export class Complaint extends Error {}

function addGroup(parser: Argv, { name, describe, commands }: CommandGroup, parsing: Parsing): Argv {
  const names = commands.map(nameOf);
  return parser.command(name, describe, (group) =>
    commands
      .reduce((all, command) => addEntry(all, command, parsing, name), group)
      .demandCommand(1, `Name what to do with the ${name}: ${inWords(names)}.`),
  );
}

/** One that is not called is no more than its line in the help. */
function addEntry(parser: Argv, entry: CommandEntry, { called, ...parsing }: Parsing, group?: string): Argv {
  const command = called.get([group, nameOf(entry)].filter(Boolean).join(' '));
  if (!command) return parser.command(entry.usage, entry.describe);
  return addCommand(parser, command, { ...parsing, ...(group !== undefined && { group }) });
}

const EXAMPLES = [
  ["score 'laion/*.parquet' --output-folder out --min-aesthetic 7", 'Score the images of URL shards'],
  ['buckets out', 'How many images lie above which score'],
  ['subset --metadata out --min-aesthetic 7 --output-folder best', 'The best of them, ready for img2dataset'],
  ['demo', 'All of it on sample shards, from a host on this machine'],
] as const;

/** The parser of a command line. It throws a Complaint where yargs does not take it. */
export function buildParser(parsing: Parsing): Argv {
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
    else addEntry(parser, command, parsing);
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
      throw error && error.name !== 'YError' ? error : new Complaint(message ?? error.message);
    });
}
