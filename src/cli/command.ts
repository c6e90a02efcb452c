import type { Argv } from 'yargs';
import { shownText } from '../storage/storage.ts';
import { namesInBraces } from '../tables/inputs/braces.ts';
import { checkValues, type FlagTable, type FlagValues, yargsOptions } from './flags.ts';
import { docsLine, type Example, helpOpening } from './help.ts';
import { refuseRemotePaths, shownValues, withFilePaths } from './remote-paths.ts';
import { refuseBooleanValues } from './switches.ts';

/** What a command gets from the command line. */
export interface Invocation {
  /** The values of the command's flags, checked. */
  readonly values: FlagValues;
  /** All that yargs parsed: positionals as well. */
  readonly parsed: FlagValues;
  /** The words of the command line after `bowerbird`, flag names normalised. */
  readonly args: readonly string[];
}

/** A command: its flags, and what it does. */
export interface Command {
  readonly flags: FlagTable;
  readonly examples: readonly Example[];
  /** The page of the documentation about it, as a path in this package. */
  readonly docs: string;
  /** Flags and positionals that may also name a run in object storage. */
  readonly storedRuns?: readonly string[];
  /** Flags and positionals that may also lead off this machine: files that are read. */
  readonly remoteInputs?: readonly string[];
  /** Flags that take the address of a server, which the command looks at itself. */
  readonly addresses?: readonly string[];
  /** Adds positionals. */
  readonly extend?: (parser: Argv) => Argv;
  /** Does the work; gives the exit code. */
  readonly run: (invocation: Invocation) => number | Promise<number>;
}

/** A command with its line in the help (commands.ts). */
export interface LoadedCommand extends Command {
  readonly usage: string;
  readonly describe: string;
}

/** How a command is added to a parser. */
export interface AddingOptions {
  /** What stands before the command's usage: the name of its group. */
  readonly group?: string;
  readonly args: readonly string[];
  /** Gets the command's exit code. */
  readonly finish: (exitCode: number) => void;
}

/** Adds a command to a parser. */
export function addCommand(
  parser: Argv,
  command: LoadedCommand,
  { group, args, finish }: AddingOptions,
): Argv {
  const { usage, describe, flags, examples, docs, storedRuns, remoteInputs, addresses, extend, run } =
    command;
  const wholeUsage = [group, usage, ...requiredFlags(flags)].filter(Boolean).join(' ');
  return parser.command(
    usage,
    describe,
    (added) => {
      const described = added
        .usage(helpOpening(wholeUsage, describe, examples))
        .options(yargsOptions(flags, args))
        .epilogue(docsLine(docs));
      return extend ? extend(described) : described;
    },
    async (given) => {
      refuseBooleanValues(args, flags);
      const parsed = withFilePaths(given);
      const values = withFilePaths(checkValues(flags, given));
      refuseRemotePaths({ ...parsed, ...values }, { storedRuns, remoteInputs, addresses });
      // What is secret in a URL stands in no record.
      const shown = remoteInputs
        ? { values: shownValues(values), parsed: shownValues(parsed) }
        : { values, parsed };
      finish(await run({ ...shown, args }));
    },
  );
}

function requiredFlags(flags: FlagTable): string[] {
  const required = Object.entries(flags).filter(([, flag]) => flag.required);
  return required.map(([name]) => `--${name} ${name.split('-').at(-1)!.toUpperCase()}`);
}

/** What a list positional and a list flag together name, one by one where braces stand for names; of URLs what may be shown. @throws TableError as `namesInBraces` */
export function pathsOf({ values, parsed }: Invocation, flag: string, positional: string): string[] {
  const given = [
    ...((values[flag] as string[] | undefined) ?? []),
    ...((parsed[positional] as string[] | undefined) ?? []),
  ];
  return namesInBraces(given);
}

/** The command line as it could be typed again, without what may be secret in URLs. */
export function commandLine(args: readonly string[]): string {
  return ['bowerbird', ...args.map((arg) => shellWord(shownText(arg)))].join(' ');
}

/** A word as a shell takes it, quoted where that is needed. */
export function shellWord(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
