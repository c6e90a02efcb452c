import { realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, extname, resolve, sep } from 'node:path';
import { glob } from 'tinyglobby';
import { TEMPORARY_SUFFIX } from '../base/files.ts';
import { refuseUnfinished } from '../base/swap.ts';
import { TableError } from './errors.ts';
import { OutputKinds, outputNotes, outputsAround } from './nested-outputs.ts';
import { type OwnOutput, withoutOwnOutput } from './own-output.ts';

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
/** Packed in ways that are not read: said by name, in a folder too. */
const UNREAD_PACKINGS = ['.bz2', '.xz', '.lz4', '.zip', '.7z', '.sz'];
const IMAGE_EXTENSIONS = [
  '.jpg',
  '.jpeg',
  '.png',
  '.webp',
  '.gif',
  '.avif',
  '.heic',
  '.bmp',
  '.tif',
  '.tiff',
];
/** What other tools leave beside data: checksums of Hadoop, locks and caches. */
const QUIET_EXTENSIONS = ['.crc', '.lock'];

/** What an input file holds: Parquet, or text. Each may be packed with gzip or zstd. */
export type InputFormat = (typeof EXTENSIONS)[keyof typeof EXTENSIONS];

/** The format that a file's extension stands for (`.gz` or `.zst` after it changes nothing); undefined for any other. */
export function inferFormat(path: string): InputFormat | undefined {
  const name = basename(path).toLowerCase();
  const packing = PACKED_EXTENSIONS.find((extension) => name.endsWith(extension));
  const extension = extname(packing ? name.slice(0, -packing.length) : name);
  return extension in EXTENSIONS ? EXTENSIONS[extension as keyof typeof EXTENSIONS] : undefined;
}

/** The extensions that `inferFormat` knows, for messages. */
const KNOWN = `${Object.keys(EXTENSIONS).join(' ')}, each also .gz or .zst`;

/** An input file before it was opened. */
export interface FoundInput {
  /** Absolute. */
  readonly path: string;
  readonly format: InputFormat;
}

/** How inputs are looked for. */
export interface ExpandOptions {
  /** What every file holds, whatever its name. */
  readonly inputFormat?: InputFormat | undefined;
  /** What a file holds whose name does not tell it. */
  readonly untoldFormat?: InputFormat | undefined;
  /** What the command writes: left out where it lies among the inputs. */
  readonly output?: OwnOutput | undefined;
  /** Told in a line each: which files were passed over, and which were found twice. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/**
 * The files that a person means by `inputs`: files as they are, folders with all below them, globs and braces.
 * Sorted by path (code units). A file that several paths, links or hard links lead to is read once, under the path without links or else the first.
 * Hidden and `.tmp` files are passed over unless named outright, as are files of unknown extension in folders and globs,
 * and `.json` beside other formats (it is mostly a description of them); with `inputFormat` or `untoldFormat`, every file counts but
 * those that start with `_` (markers of Spark and Hadoop).
 *
 * @throws TableError BB_INPUT_NOT_FOUND for an input that leads to no file, BB_INPUT_FORMAT for a named file whose
 *   extension says nothing, BB_OUTPUT_FOLDER where an input is only what the command writes; BowerbirdError
 *   BB_OUTPUT_UNFINISHED where they lie in an output that is partly old and partly new
 */
export async function expandInputs(
  inputs: readonly string[],
  options: ExpandOptions = {},
): Promise<FoundInput[]> {
  const found = new Map<string, FoundInput>();
  const passedOver = new Set<string>();
  const own = new Set<string>();
  const inStores = new Set<string>();
  for (const input of inputs) {
    const expanded = await expandOne(input, options);
    for (const file of expanded.files) found.set(file.path, file);
    for (const path of expanded.passedOver) passedOver.add(path);
    for (const path of expanded.own) own.add(path);
    for (const path of expanded.inStores) inStores.add(path);
  }
  const sorted = [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const { files, linked, known } = eachOnce(sorted);
  await refuseUnfinished(files.flatMap(({ path }) => outputsAround(path)));
  if (options.onNote) {
    if (own.size > 0) options.onNote(ownNote(own.size, options.output!));
    for (const note of outputNotes(
      files.map(({ path }) => path),
      inputs,
      inStores,
    ))
      options.onNote(note);
    for (const note of notesOn(files, linked, unreadOf(passedOver, found, known))) options.onNote(note);
  }
  return files;
}

interface Expanded {
  readonly files: readonly FoundInput[];
  /** What lies beside them and is no input. */
  readonly passedOver: readonly string[];
  /** Files of formats that are read, which the command itself writes. */
  readonly own: readonly string[];
  /** Files of stores: they hold no rows that could be read as they are. */
  readonly inStores: readonly string[];
}

async function expandOne(input: string, options: ExpandOptions): Promise<Expanded> {
  const { output } = options;
  const stats = statOf(input);
  if (stats && !stats.isDirectory()) {
    const named = [namedFile(input, options)];
    return { files: withoutOwnOutput(input, named, true, output), passedOver: [], own: [], inStores: [] };
  }
  if (stats) await refuseUnfinished([input, dirname(resolve(input))]);
  const paths = stats
    ? await glob('**', { cwd: input, absolute: true })
    : await glob(input, { absolute: true, expandDirectories: false });
  const all = paths.map((path) => ({ path: resolve(path) })).filter(({ path }) => isListed(path));
  const foreign = withoutOwnOutput(input, all, false, output).map(({ path }) => path);
  const others = new Set(foreign);
  const kinds = new OutputKinds();
  const isInStore = (path: string): boolean => kinds.around(path)?.kind === 'a store';
  const inStores = foreign.filter(isInStore);
  const listed = foreign.filter((path) => !isInStore(path));
  const own = all.flatMap(({ path }) => (others.has(path) || !inferFormat(path) ? [] : [path]));
  const files = listed.flatMap((path) => listedFile(path, options));
  const chosen = stats || !/json(\.gz|\.zst)?$/i.test(input) ? withoutDescriptions(files) : files;
  if (chosen.length === 0 && inStores.length > 0) throw onlyStore(input);
  if (chosen.length === 0) throw own.length > 0 ? onlyOwn(input, output!) : notFound(input, stats, listed);
  const taken = new Set(chosen.map(({ path }) => path));
  return { files: chosen, passedOver: listed.filter((path) => !taken.has(path)), own, inStores };
}

function onlyStore(input: string): TableError {
  return new TableError(
    'BB_INPUT_NOT_FOUND',
    `${input} holds no input file but a store's. \`bowerbird store export\` writes its scores as a table that can be read here.`,
    { fields: { input } },
  );
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // Links in a circle too.
    return undefined;
  }
}

/** @returns undefined where neither the name nor a person says it */
function formatOf(path: string, { inputFormat, untoldFormat }: ExpandOptions): InputFormat | undefined {
  return inputFormat ?? inferFormat(path) ?? untoldFormat;
}

function namedFile(path: string, options: ExpandOptions): FoundInput {
  const format = formatOf(path, options);
  if (format) return { path: resolve(path), format };
  const extension = extname(path).toLowerCase();
  const fields = { fields: { path } };
  if (UNREAD_PACKINGS.includes(extension)) {
    throw new TableError(
      'BB_INPUT_FORMAT',
      `${path} is packed in a way that is not read (${extension}). Unpack it, or pack it with gzip or zstd.`,
      fields,
    );
  }
  if (IMAGE_EXTENSIONS.includes(extension)) {
    throw new TableError('BB_INPUT_FORMAT', `${path} is an image. ${GIVE_URLS}`, fields);
  }
  throw new TableError(
    'BB_INPUT_FORMAT',
    `The format of ${path} does not show in its name (known: ${KNOWN}). Say it with --input-format.`,
    fields,
  );
}

const GIVE_URLS =
  'Inputs are lists of URLs, not images: serve the images (`python3 -m http.server` in their folder), write their URLs ' +
  'into a .txt file, one a line, and give that with --allow-private-addresses.';

/** Whether a file found in a folder or by a pattern is looked at at all. */
function isListed(path: string): boolean {
  const name = basename(path);
  return !name.startsWith('.') && !name.endsWith(TEMPORARY_SUFFIX);
}

function listedFile(path: string, options: ExpandOptions): FoundInput[] {
  const format = basename(path).startsWith('_') ? inferFormat(path) : formatOf(path, options);
  return format ? [{ path, format }] : [];
}

/** `.json` beside shards describes them: dataset_info.json, 00000_stats.json. */
function withoutDescriptions(files: readonly FoundInput[]): readonly FoundInput[] {
  const others = files.filter(({ path, format }) => format !== 'json' || inferFormat(path) !== 'json');
  return others.length > 0 ? others : files;
}

interface EachOnce {
  readonly files: FoundInput[];
  /** How many paths lead to files that are among `files` under another path. */
  readonly linked: number;
  /** The identities of `files`. */
  readonly known: ReadonlySet<string>;
}

/**
 * Device and inode tell what links, hard links and a hub's cache of several revisions have in common. Of several paths the
 * one without links counts, else the first.
 */
function eachOnce(sorted: readonly FoundInput[]): EachOnce {
  const byIdentity = new Map<string, FoundInput[]>();
  for (const file of sorted) {
    const identity = identityOf(file.path) ?? file.path;
    byIdentity.set(identity, [...(byIdentity.get(identity) ?? []), file]);
  }
  const chosen = new Set(
    [...byIdentity.values()].map((same) => (same.length > 1 && same.find(hasNoLinks)) || same[0]!),
  );
  const files = sorted.filter((file) => chosen.has(file));
  return { files, linked: sorted.length - files.length, known: new Set(byIdentity.keys()) };
}

function hasNoLinks({ path }: FoundInput): boolean {
  return realpathSync(path) === path;
}

function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  // File systems that number no files say 0.
  return stats && stats.ino !== 0n ? `${stats.dev}:${stats.ino}` : undefined;
}

function unreadOf(
  passedOver: ReadonlySet<string>,
  found: ReadonlyMap<string, FoundInput>,
  known: ReadonlySet<string>,
): string[] {
  const seen = new Set(known);
  return [...passedOver].sort().filter((path) => {
    const name = basename(path);
    if (found.has(path) || name.startsWith('_') || QUIET_EXTENSIONS.includes(extname(name))) return false;
    // A hub's blobs are what its snapshots link to; links in a circle lead to each file many times.
    const identity = identityOf(path) ?? path;
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

function notesOn(files: readonly FoundInput[], linked: number, unread: readonly string[]): string[] {
  const notes: string[] = [];
  if (linked > 0) {
    notes.push(
      `${linked} of the paths found ${linked === 1 ? 'leads' : 'lead'} to files that are read under another path ` +
        `(links, or one file named twice): ${files.length === 1 ? '1 file is read' : `${files.length} files are read, each`} once.`,
    );
  }
  if (unread.length > 0) notes.push(`Passed over ${describeFiles(unread)}.`);
  return notes;
}

function ownNote(count: number, { path }: OwnOutput): string {
  return `Passed over ${count} ${count === 1 ? 'file' : 'files'} in ${path}: what this command writes is none of its inputs.`;
}

function onlyOwn(input: string, { path }: OwnOutput): TableError {
  return new TableError(
    'BB_OUTPUT_FOLDER',
    `${input} holds no input file but those in ${path}, which this command writes. Choose another output, or other inputs.`,
    { fields: { input, output: path } },
  );
}

const NAMES_SHOWN = 2;

/** 12 files that are no input: 10 .jpg (a.jpg, b.jpg, ...), 2 .md (LICENSE.md, README.md) */
function describeFiles(paths: readonly string[]): string {
  const byExtension = new Map<string, string[]>();
  for (const path of paths) {
    const extension = extname(path).toLowerCase();
    byExtension.set(extension, [...(byExtension.get(extension) ?? []), basename(path)]);
  }
  const groups = [...byExtension].sort(([, a], [, b]) => b.length - a.length);
  const parts = groups.map(([extension, names]) => {
    const shown = names.slice(0, NAMES_SHOWN).join(', ');
    return `${names.length} ${extension || 'without extension'} (${shown}${names.length > NAMES_SHOWN ? ', ...' : ''})`;
  });
  const packed = paths.some((path) => UNREAD_PACKINGS.includes(extname(path).toLowerCase()));
  const json = paths.some((path) => inferFormat(path) === 'json');
  return (
    `${paths.length} ${paths.length === 1 ? 'file that is' : 'files that are'} no input: ${parts.join(', ')}` +
    `${packed ? '; unpack those that are packed, or pack them with gzip or zstd' : ''}` +
    `${json ? '; name a .json file outright to have it read beside others' : ''}`
  );
}

function notFound(input: string, stats: Stats | undefined, listed: readonly string[]): TableError {
  return new TableError('BB_INPUT_NOT_FOUND', notFoundMessage(input, stats, listed), { fields: { input } });
}

function notFoundMessage(input: string, stats: Stats | undefined, listed: readonly string[]): string {
  const isImage = (path: string): boolean => IMAGE_EXTENSIONS.includes(extname(path).toLowerCase());
  if (listed.length > 0 && listed.every(isImage)) {
    return `${input} holds ${listed.length} images and no list of URLs. ${GIVE_URLS}`;
  }
  const holds = listed.length > 0 ? ` It holds ${describeFiles(listed)}.` : ' It is empty.';
  if (stats) return `The folder ${input} holds no input file (${KNOWN}).${holds}`;
  if (listed.length > 0) return `${input} matches no input file (${KNOWN}), but ${describeFiles(listed)}.`;
  const hint = input.includes(sep) ? '' : ` under ${process.cwd()}`;
  return `No input file matches ${input}${hint}. Check the path or the pattern, and quote patterns in the shell.`;
}
