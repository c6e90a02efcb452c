import {
  type InputFormat,
  TEXT_ENCODINGS,
  type TextEncoding,
  type TextOptions,
  type TextReading,
} from '../tables/formats.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';

/** The flags that say how text inputs are written, for every command that reads them. */
export function textFlags(group: string): FlagTable {
  return {
    delimiter: {
      group,
      type: 'string',
      describe:
        'Character between the fields of CSV and TSV: one character or `tab`; a comma, and a tab in .tsv',
    },
    quote: {
      group,
      type: 'string',
      describe: 'Character around fields of CSV and TSV, or `none`; `"`, where a stray one is refused',
    },
    encoding: {
      group,
      type: 'string',
      choices: TEXT_ENCODINGS,
      describe: 'Encoding of text inputs; UTF-8, or what a byte order mark says',
    },
    'no-header': {
      group,
      type: 'boolean',
      default: false,
      describe: 'CSV and TSV without a line of names: columns are column0, column1, ... (--url-col 0)',
    },
  };
}

/** The same without those of a file without names, for the commands in which columns cannot be named by a flag. */
export function tableFlags(group: string): FlagTable {
  const { 'no-header': _, ...flags } = readingFlags(group);
  return flags;
}

/** The same, and the format of inputs, for the commands that read tables. */
export function readingFlags(group: string): FlagTable {
  return {
    'input-format': {
      group,
      type: 'string',
      choices: ['parquet', 'csv', 'tsv', 'json', 'jsonl', 'txt'],
      describe: 'Format of inputs whose names do not tell it',
    },
    ...textFlags(group),
  };
}

/** How tables are read. @throws BowerbirdError BB_USAGE */
export function textReading(values: FlagValues): TextReading {
  return { text: textOptions(values), untoldFormat: values['input-format'] as InputFormat | undefined };
}

const NAMED_CHARACTERS: Readonly<Record<string, string>> = { tab: '\t', '\\t': '\t' };

/** @throws BowerbirdError BB_USAGE */
export function textOptions(values: FlagValues): TextOptions {
  const delimiter = characterOf('delimiter', values['delimiter'] as string | undefined);
  const given = values['quote'] as string | undefined;
  const quote = given === 'none' ? '' : characterOf('quote', given);
  if (delimiter !== undefined && delimiter === quote) {
    throw usageError('--delimiter and --quote need two different characters.');
  }
  return {
    ...(delimiter !== undefined && { delimiter }),
    ...(quote !== undefined && { quote }),
    ...(values['encoding'] !== undefined && { encoding: values['encoding'] as TextEncoding }),
    ...(values['no-header'] === true && { header: false }),
  };
}

function characterOf(name: string, given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const character = NAMED_CHARACTERS[given] ?? given;
  if ([...character].length === 1 && !/[\r\n]/.test(character)) return character;
  throw usageError(`--${name} needs one character, not ${JSON.stringify(given)}.`);
}
