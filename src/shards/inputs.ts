import { type Stats, statSync } from 'node:fs';
import { basename, resolve, sep } from 'node:path';
import { glob } from 'tinyglobby';
import { TEMPORARY_SUFFIX } from '../base/files.ts';
import { ShardError } from './errors.ts';

const EXTENSIONS = {
  '.parquet': 'parquet',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.txt': 'txt',
} as const satisfies Record<string, string>;

/** What an input file holds: Parquet, or lines of text. Each may be gzipped. */
export type InputFormat = (typeof EXTENSIONS)[keyof typeof EXTENSIONS];

/** The format that a file's extension stands for (`.gz` after it changes nothing); undefined for any other. */
export function inferFormat(path: string): InputFormat | undefined {
  const name = basename(path).toLowerCase();
  const bare = name.endsWith('.gz') ? name.slice(0, -'.gz'.length) : name;
  const extension = bare.slice(bare.lastIndexOf('.'));
  return extension in EXTENSIONS ? EXTENSIONS[extension as keyof typeof EXTENSIONS] : undefined;
}

/** The extensions that `inferFormat` knows, for messages. */
const knownExtensions: readonly string[] = Object.keys(EXTENSIONS);

/** An input file before it was opened. */
export interface FoundInput {
  /** Absolute. */
  readonly path: string;
  readonly format: InputFormat;
}

/**
 * The files that a person means by `inputs`: files as they are, folders with all below them, globs and braces.
 * Sorted by path (code units), each once. Hidden and `.tmp` files are passed over unless named outright, as are
 * files of unknown extension in folders and globs; with `inputFormat`, every file counts but those that start
 * with `_` (markers of Spark and Hadoop).
 *
 * @throws ShardError BB_INPUT_NOT_FOUND for an input that leads to no file, BB_INPUT_FORMAT for a named file whose
 *   extension says nothing
 */
export async function expandInputs(
  inputs: readonly string[],
  inputFormat?: InputFormat,
): Promise<FoundInput[]> {
  const found = new Map<string, FoundInput>();
  for (const input of inputs) {
    for (const file of await expandOne(input, inputFormat)) found.set(file.path, file);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function expandOne(input: string, inputFormat: InputFormat | undefined): Promise<FoundInput[]> {
  const stats = statOf(input);
  if (stats && !stats.isDirectory()) return [namedFile(input, inputFormat)];
  const paths = stats
    ? await glob('**', { cwd: input, absolute: true })
    : await glob(input, { absolute: true, expandDirectories: false });
  const files = paths.flatMap((path) => listedFile(resolve(path), inputFormat));
  if (files.length > 0) return files;
  throw new ShardError('BB_INPUT_NOT_FOUND', notFoundMessage(input, stats), { fields: { input } });
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function namedFile(path: string, inputFormat: InputFormat | undefined): FoundInput {
  const format = inputFormat ?? inferFormat(path);
  if (format) return { path: resolve(path), format };
  throw new ShardError(
    'BB_INPUT_FORMAT',
    `The format of ${path} does not show in its name (known: ${knownExtensions.join(' ')}, each also .gz). Say it with --input-format.`,
    { fields: { path } },
  );
}

function listedFile(path: string, inputFormat: InputFormat | undefined): FoundInput[] {
  const name = basename(path);
  if (name.startsWith('.') || name.endsWith(TEMPORARY_SUFFIX)) return [];
  const format = inputFormat && !name.startsWith('_') ? inputFormat : inferFormat(path);
  return format ? [{ path, format }] : [];
}

function notFoundMessage(input: string, stats: Stats | undefined): string {
  if (stats) return `The folder ${input} holds no input file (${knownExtensions.join(' ')}, each also .gz).`;
  const hint = input.includes(sep) ? '' : ` under ${process.cwd()}`;
  return `No input file matches ${input}${hint}. Check the path or the pattern, and quote patterns in the shell.`;
}
