import { statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import type { KnownFooters } from './known-footers.ts';

const EXTENSIONS = {
  '.parquet': 'parquet',
  '.pq': 'parquet',
  '.parq': 'parquet',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'json',
  '.txt': 'txt',
} as const satisfies Record<string, string>;

/** Of a file packed as a whole, told by its content; the name only has to show the format. */
const PACKED_EXTENSIONS = ['.gz', '.zst'];

/** What an input file holds: Parquet, or text. Each may be packed with gzip or zstd. */
export type InputFormat = (typeof EXTENSIONS)[keyof typeof EXTENSIONS];

/** What an input holds whose rows are images in files: a folder of files, a tar archive of samples, Parquet with a column of images. */
export const PICTURE_FORMATS = ['images', 'webdataset', 'parquet-images'] as const;

export type PictureFormat = (typeof PICTURE_FORMATS)[number];

/** An input before it was opened. */
export interface FoundInput<Format = InputFormat> {
  /** Absolute, or a URL. */
  readonly path: string;
  readonly format: Format;
  /** Of a file elsewhere, as it was when it was found; not given for one of this machine (`sizeOf`). */
  readonly sizeBytes?: number;
  /** A file of columns beside images: its name alone says what it is, and no flag another format. */
  readonly isBesideImages?: boolean;
}

/** How large a file is, in bytes: elsewhere as it was when it was found, here as it is now. @throws errors of Node */
export function sizeOf({ path, sizeBytes }: Pick<FoundInput, 'path' | 'sizeBytes'>): number {
  return sizeBytes ?? statSync(path).size;
}

export function isPictureFormat(format: string | undefined): format is PictureFormat {
  return PICTURE_FORMATS.some((known) => known === format);
}

/** Whether the rows are images that are listed, each with what stands beside it: not those of a table. */
export function isListed(format: string | undefined): boolean {
  return format === 'images' || format === 'webdataset';
}

/** The format that a file's extension stands for (`.gz` or `.zst` after it changes nothing); undefined for any other. */
export function inferFormat(path: string): InputFormat | undefined {
  const name = basename(path).toLowerCase();
  const packing = PACKED_EXTENSIONS.find((extension) => name.endsWith(extension));
  const extension = extname(packing ? name.slice(0, -packing.length) : name);
  return extension in EXTENSIONS ? EXTENSIONS[extension as keyof typeof EXTENSIONS] : undefined;
}

/** The extensions that `inferFormat` knows, for messages. */
export const KNOWN_EXTENSIONS = `${Object.keys(EXTENSIONS).join(' ')}, each also .gz or .zst`;

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

/** Where text inputs are converted to, and how they are read. */
export interface StagingOptions {
  readonly stagingFolder: string;
  readonly text: TextOptions;
  /** The output, as its path without links: no image is looked for there. */
  readonly except?: string | undefined;
  /** Whether of a damaged archive what lies before the damage is taken. Not where not given. */
  readonly takesDamaged?: boolean | undefined;
  /**
   * Whether whoever reads a Parquet file elsewhere fetches what it reads of it (`fetchRows`). The whole file is fetched where not given.
   */
  readonly isReadByRanges?: boolean | undefined;
  /** What is known of the footers of files of this machine. */
  readonly footers?: KnownFooters | undefined;
  /** Ends the fetching of a file elsewhere. */
  readonly signal?: AbortSignal | undefined;
  /** Told in a line, often, how far the listing, fetching or unpacking of one input is. */
  readonly onProgress?: ((message: string) => void) | undefined;
}

/** What tells the rows of one reading of a file from those of another; '' where nothing was said. */
export function textOptionsKey({ delimiter, quote, encoding, header }: TextOptions): string {
  const said = [delimiter, quote, encoding, header === false ? 'no-header' : undefined];
  if (said.every((option) => option === undefined)) return '';
  const text = said.map((option) => (option === undefined ? '-' : `=${option}`)).join(' ');
  return Buffer.from(text).toString('hex');
}

/** What is said for CSV and TSV only. */
function isDialectGiven({ delimiter, quote, header }: TextOptions): boolean {
  return delimiter !== undefined || quote !== undefined || header === false;
}

/** @throws BowerbirdError BB_USAGE for what is said of files that are not among the inputs */
export function refuseIdleDialect(
  found: readonly Pick<FoundInput<InputFormat | PictureFormat>, 'format'>[],
  text: TextOptions,
): void {
  const isText = found.some(({ format }) => format !== 'parquet' && !isPictureFormat(format));
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
