import type { Stats } from 'node:fs';
import { basename, extname, sep } from 'node:path';
import { TableError } from '../errors.ts';
import { inferFormat, KNOWN_EXTENSIONS } from '../formats.ts';
import type { OwnOutput } from './own-output.ts';

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

const GIVE_FOLDER = '`bowerbird score FOLDER` scores the images of a folder (docs/inputs.md).';

/** Why a file that was named outright is no input. */
export function unknownFormat(path: string): TableError {
  const extension = extname(path).toLowerCase();
  const fields = { fields: { path } };
  if (UNREAD_PACKINGS.includes(extension)) {
    return new TableError(
      'BB_INPUT_FORMAT',
      `${path} is packed in a way that is not read (${extension}). Unpack it, or pack it with gzip or zstd.`,
      fields,
    );
  }
  if (IMAGE_EXTENSIONS.includes(extension)) {
    return new TableError('BB_INPUT_FORMAT', `${path} is an image, not a table. ${GIVE_FOLDER}`, fields);
  }
  return new TableError(
    'BB_INPUT_FORMAT',
    `The format of ${path} does not show in its name (known: ${KNOWN_EXTENSIONS}). Say it with --input-format.`,
    fields,
  );
}

export function onlyStore(input: string): TableError {
  return new TableError(
    'BB_INPUT_NOT_FOUND',
    `${input} holds no input file but those of stores and slices. \`bowerbird store export\` writes the scores of a store as a table that can be read here, and --merge puts slices together.`,
    { fields: { input } },
  );
}

export function onlyOwn(input: string, output: OwnOutput): TableError {
  const path = output.url ?? output.path;
  return new TableError(
    'BB_OUTPUT_FOLDER',
    `${input} holds no input file but those in ${path}, which this command writes. Choose another output, or other inputs.`,
    { fields: { input, output: path } },
  );
}

export function notFound(input: string, stats: Stats | undefined, listed: readonly string[]): TableError {
  return new TableError('BB_INPUT_NOT_FOUND', notFoundMessage(input, stats, listed), { fields: { input } });
}

function notFoundMessage(input: string, stats: Stats | undefined, listed: readonly string[]): string {
  const isImage = (path: string): boolean => IMAGE_EXTENSIONS.includes(extname(path).toLowerCase());
  if (listed.length > 0 && listed.every(isImage)) {
    return `${input} holds ${listed.length} images and no table. ${GIVE_FOLDER}`;
  }
  const holds = listed.length > 0 ? ` It holds ${describeFiles(listed)}.` : ' It is empty.';
  if (stats) return `The folder ${input} holds no input file (${KNOWN_EXTENSIONS}).${holds}`;
  if (listed.length > 0)
    return `${input} matches no input file (${KNOWN_EXTENSIONS}), but ${describeFiles(listed)}.`;
  const hint = input.includes(sep) ? '' : ` under ${process.cwd()}`;
  return `No input file matches ${input}${hint}. Check the path or the pattern, and quote patterns in the shell.`;
}

export function notesOn(files: readonly unknown[], linked: number, unread: readonly string[]): string[] {
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

export function ownNote(count: number, { path, url }: OwnOutput): string {
  return `Passed over ${count} ${count === 1 ? 'file' : 'files'} in ${url ?? path}: what this command writes is none of its inputs.`;
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
