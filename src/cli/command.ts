import type { Argv } from 'yargs';
import { checkValues, type FlagTable, type FlagValues, refuseBooleanValues, yargsOptions } from './flags.ts';

/** What a command gets from the command line. */
export interface Invocation {
  /** The values of the command's flags, checked. */
  readonly values: FlagValues;
  /** All that yargs parsed: positionals as well. */
  readonly parsed: FlagValues;
  /** The words of the command line after `bowerbird`, flag names normalised. */
  readonly args: readonly string[];
}

/** A command: its line in the help, its flags, and what it does. */
export interface Command {
  /** In yargs' terms: `info <store>`. */
  readonly usage: string;
  readonly describe: string;
  readonly flags: FlagTable;
  /** Adds positionals and examples. */
  readonly extend?: (parser: Argv) => Argv;
  /** Does the work; gives the exit code. */
  readonly run: (invocation: Invocation) => number | Promise<number>;
}

/** Adds a command to a parser; `finish` gets its exit code. */
export function addCommand(
  parser: Argv,
  command: Command,
  args: readonly string[],
  finish: (exitCode: number) => void,
): Argv {
  const { usage, describe, flags, extend, run } = command;
  return parser.command(
    usage,
    describe,
    (added) => (extend ? extend(added.options(yargsOptions(flags))) : added.options(yargsOptions(flags))),
    async (parsed) => {
      refuseBooleanValues(args, flags);
      finish(await run({ values: checkValues(flags, parsed), parsed, args }));
    },
  );
}

/** What a list positional and a list flag together name. */
export function pathsOf({ values, parsed }: Invocation, flag: string, positional: string): string[] {
  return [
    ...((values[flag] as string[] | undefined) ?? []),
    ...((parsed[positional] as string[] | undefined) ?? []),
  ];
}

/** The command line as it could be typed again. */
export function commandLine(args: readonly string[]): string {
  return [
    'bowerbird',
    ...args.map((arg) => (/^[\w./:=,@%+-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`)),
  ].join(' ');
}
