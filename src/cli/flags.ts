import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Options } from 'yargs';
import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';
import { splitList } from './list-values.ts';
import { refuseRemotePath } from './remote-paths.ts';

/** A command-line flag. `default` undefined means "not given". */
export interface Flag {
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'list';
  readonly describe: string;
  readonly default?: string | number | boolean;
  readonly min?: number;
  readonly max?: number;
  /** A word that may stand in the place of a number. */
  readonly word?: string;
  readonly choices?: readonly string[];
  /** The command does not run without it. */
  readonly required?: boolean;
  readonly group: string;
}

export type FlagTable = Readonly<Record<string, Flag>>;

/** The values of a parsed command line, by flag name with hyphens. */
export type FlagValues = Readonly<Record<string, unknown>>;

/** A flag's value under the name that it has in a configuration; no entry where the flag was not given. */
export function whereGiven<Name extends string>(
  values: FlagValues,
  key: Name,
  flag: string,
): Partial<Record<Name, never>> {
  return values[flag] === undefined ? {} : ({ [key]: values[flag] } as Partial<Record<Name, never>>);
}

export function usageError(message: string): BowerbirdError {
  return new BowerbirdError('BB_USAGE', message);
}

/**
 * Makes `--url_list`, `--urlList` and `--url-list` one: img2dataset's users type underscores, Node's type capitals.
 * Only flag names are touched, never their values.
 */
export function normaliseArguments(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  return args.map((arg, i) => {
    if (arg === '-h') return '--help';
    const match = /^--([A-Za-z][\w-]*)(=.*)?$/s.exec(arg);
    if (!match || (end >= 0 && i >= end)) return arg;
    return switchedOff(`${hyphenate(match[1]!)}${match[2] ?? ''}`);
  });
}

/** `--no-json` is `--json=false`, but `--no-header` is a flag of its own. */
function switchedOff(flag: string): string {
  return flag.startsWith('no-') && !/^no-header(=|$)/.test(flag)
    ? `--${flag.slice('no-'.length)}=false`
    : `--${flag}`;
}

function hyphenate(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('_', '-');
}

/**
 * The table in yargs' terms. Checks are ours (`checkValues`): yargs turns `--timeout x` into NaN without a word.
 *
 * @param args as `normaliseArguments` gives them; where they ask for no help, the flags are kept out of it: yargs lays
 *   out the help of every command that it starts, and measuring all those words takes longer than many a command
 */
export function yargsOptions(table: FlagTable, args: readonly string[]): Record<string, Options> {
  // `--help`, `--help=true`, `score help`.
  const hidden = !args.some((arg) => arg.includes('help'));
  return Object.fromEntries(
    Object.entries(table).map(([name, flag]) => [
      name,
      {
        // Untyped flags come as text; help then shows no type, and the default says what is expected.
        ...(flag.type === 'boolean' && { boolean: true }),
        describe: describeFlag(flag),
        group: flag.group,
        hidden,
        requiresArg: flag.type !== 'boolean',
        ...(flag.default !== undefined && {
          default: flag.default,
          defaultDescription: String(flag.default),
        }),
        ...(flag.choices && { choices: flag.choices }),
      } satisfies Options,
    ]),
  );
}

function describeFlag({ type, describe, required }: Flag): string {
  return `${describe}${type === 'list' ? ' (comma-separated)' : ''}${required ? ' [required]' : ''}`;
}

/**
 * Checks what yargs parsed against the table and gives typed values.
 *
 * @throws BowerbirdError BB_USAGE naming the flag, what was given and what is expected
 */
export function checkValues(table: FlagTable, parsed: FlagValues): FlagValues {
  return Object.fromEntries(
    Object.entries(table).map(([name, flag]) => [name, checkValue(name, flag, parsed[name])]),
  );
}

function checkValue(name: string, flag: Flag, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && flag.type !== 'list') throw usageError(`--${name} was given more than once.`);
  if (flag.type === 'list') return splitList(name, value);
  if (flag.type === 'number' || flag.type === 'integer') return checkNumber(name, flag, value);
  if (flag.type === 'boolean' ? typeof value !== 'boolean' : typeof value !== 'string' || value === '') {
    throw usageError(`--${name} needs a ${flag.type}, not ${JSON.stringify(value)}.`);
  }
  return value;
}

function checkNumber(name: string, flag: Flag, value: unknown): number | string {
  if (flag.word !== undefined && value === flag.word) return value;
  const number = String(value).trim() === '' ? Number.NaN : Number(value);
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = flag;
  const fits = Number.isFinite(number) && number >= min && number <= max;
  if (fits && (flag.type === 'number' || Number.isInteger(number))) return number;
  const kind = flag.type === 'integer' ? 'a whole number' : 'a number';
  const range = [Number.isFinite(min) && `at least ${min}`, Number.isFinite(max) && `at most ${max}`];
  const word = flag.word === undefined ? '' : `, or \`${flag.word}\``;
  const bounds = range.filter(Boolean).join(' and ') + word;
  throw usageError(
    `--${name} needs ${kind}${bounds && `, ${bounds}`}; ${JSON.stringify(value)} is not one.${numberHint(name, String(value))}`,
  );
}

/** What someone who wrote `>7`, `7,8` or `0,5` should have written. */
function numberHint(name: string, value: string): string {
  const [, comparison] = /^\s*[<>]=?\s*(\S+)$/.exec(value) ?? [];
  if (comparison && Number.isFinite(Number(comparison))) {
    return ` Write --${name} ${comparison}: the flag's name says which side is kept.`;
  }
  const parts = value.split(',');
  if (parts.length < 2 || !parts.every((part) => /^\s*-?\d+(\.\d+)?\s*$/.test(part))) return '';
  const several =
    name === 'min-aesthetic' ? ' Several thresholds in one scan: `bowerbird subset --cut`.' : '';
  return ` It takes one number, with a point before decimals.${several}`;
}

/**
 * Reads `--config FILE`: a JSON object whose names are the flags', in any of their spellings.
 * A flag on the command line wins over the file.
 *
 * @param describeUnknown what to say of a name that is none
 * @throws BowerbirdError BB_USAGE
 */
export function readConfigFile(
  path: string,
  table: FlagTable,
  describeUnknown: (name: string) => string,
): Record<string, unknown> {
  // yargs has made `s3://bucket/x` a path below this folder.
  refuseRemotePath(relative(process.cwd(), path).replace(/^([a-z][\w+.-]+):\//i, '$1://'));
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') throw usageError(`--config ${path}: there is no such file.`);
    throw usageError(`--config ${path} cannot be read as JSON: ${messageOf(cause)}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw usageError(`--config ${path} must hold one JSON object: {"min_aesthetic": 7}.`);
  }
  const values: Record<string, unknown> = {};
  for (const [given, value] of Object.entries(content)) {
    const name = hyphenate(given);
    if (!(name in table)) throw usageError(`--config ${path}: ${describeUnknown(name)}`);
    values[name] = table[name]!.type === 'string' && typeof value === 'number' ? String(value) : value;
  }
  return values;
}
