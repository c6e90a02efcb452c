import { BowerbirdError } from '../base/errors.ts';
import type { FoundInput, InputFormat } from './inputs.ts';

/** The encodings that text inputs are read in. `latin1` is windows-1252, as browsers take it. */
export const TEXT_ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'latin1', 'windows-1252'] as const;

export type TextEncoding = (typeof TEXT_ENCODINGS)[number];

/** How text inputs are read, where a person says it. All of it decides what the rows are. */
export interface TextOptions {
  /** One character between fields; CSV has a comma and TSV a tab unless it is given. */
  readonly delimiter?: string | undefined;
  /**
   * The character around fields; '' for none: quotes are characters like any other then. Not given: `"`, and a quote
   * that seems to be a stray one is refused. Given: quotes are what they seem.
   */
  readonly quote?: string | undefined;
  /** Not given: UTF-8, or what a byte order mark says. */
  readonly encoding?: TextEncoding | undefined;
  /** False: the first line is a row, and columns are called column0, column1, ... */
  readonly header?: boolean | undefined;
}

/** How inputs are read, in every command that reads them. */
export interface TextReading {
  readonly text?: TextOptions | undefined;
  /** Of files whose names do not tell it. */
  readonly untoldFormat?: InputFormat | undefined;
}

/** What tells the rows of one reading of a file from those of another; '' where nothing was said. */
export function textOptionsKey({ delimiter, quote, encoding, header }: TextOptions): string {
  const said = [delimiter, quote, encoding, header === false ? 'no-header' : undefined];
  if (said.every((option) => option === undefined)) return '';
  const text = said.map((option) => (option === undefined ? '-' : `=${option}`)).join(' ');
  return Buffer.from(text).toString('hex');
}

/** What is said for CSV and TSV only. */
export function isDialectGiven({ delimiter, quote, header }: TextOptions): boolean {
  return delimiter !== undefined || quote !== undefined || header === false;
}

/** @throws BowerbirdError BB_USAGE for what is said of files that are not among the inputs */
export function refuseIdleDialect(found: readonly Pick<FoundInput, 'format'>[], text: TextOptions): void {
  const isText = found.some(({ format }) => format !== 'parquet');
  const isDelimited = found.some(({ format }) => format === 'csv' || format === 'tsv');
  if (isDialectGiven(text) && !isDelimited) {
    throw new BowerbirdError(
      'BB_USAGE',
      '--delimiter, --quote and --no-header are for CSV and TSV; no input is either.',
    );
  }
  if (text.encoding !== undefined && !isText) {
    throw new BowerbirdError('BB_USAGE', '--encoding is for text inputs; no input is one.');
  }
}
