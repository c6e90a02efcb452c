import { statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { isRemote } from '../../storage/storage.ts';
import { TableError } from '../errors.ts';
import {
  type FoundInput,
  type InputFormat,
  inferFormat,
  isPictureFormat,
  type PictureFormat,
} from '../formats.ts';
import { findArchives, isArchiveName } from './archives.ts';
import { eachOnce } from './each-once.ts';
import { notesOn } from './notes.ts';
import { isRemoteArchive, remoteArchives, remoteFolders, surveyRemote } from './remote-pictures.ts';
import { type Survey, surveyFolder } from './survey.ts';

/** How images are looked for. */
export interface PictureSearch {
  /** What a person says that the inputs hold. */
  readonly inputFormat?: InputFormat | PictureFormat | undefined;
  /** The output, as its path without links: nothing in it counts. */
  readonly except?: string | undefined;
  /** Whether lists of URLs are of no use, so that one among images is passed over. */
  readonly isPicturesOnly?: boolean | undefined;
  /** Told in a line what was taken for what. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/** An input, and what images it holds. */
interface Known {
  readonly input: string;
  /** Undefined where it holds tables. */
  readonly format: PictureFormat | undefined;
}

/**
 * The inputs as collections of images, sorted by path (code units); undefined where they are tables. Without `inputFormat` a file is
 * an archive by its name, and a folder holds images or archives where it has some and no list of its own (see `surveyFolder`).
 *
 * @throws TableError BB_INPUT_FORMAT where inputs are of more than one kind or an input may be, or is no collection; BB_INPUT_NOT_FOUND;
 *   BB_USAGE where one folder lies within another; StorageError
 */
export async function findPictures(
  inputs: readonly string[],
  search: PictureSearch,
): Promise<FoundInput<PictureFormat>[] | undefined> {
  const { inputFormat } = search;
  if (inputFormat !== undefined && !isPictureFormat(inputFormat)) return undefined;
  // These are found as other Parquet files are; what they hold shows in their columns.
  if (inputFormat === 'parquet-images') return undefined;
  const known: Known[] = [];
  for (const input of inputs) known.push({ input, format: inputFormat ?? (await formatOf(input, search)) });
  const format = theFormat(known);
  if (format === 'webdataset') return archivesIn(inputs, search);
  return format && (await foldersIn(inputs, inputFormat === undefined)).map((path) => ({ path, format }));
}

async function formatOf(input: string, search: PictureSearch): Promise<PictureFormat | undefined> {
  if (isRemote(input)) {
    if (isRemoteArchive(input)) return 'webdataset';
    const survey = await surveyRemote(input);
    return survey && formatIn(input, survey, search);
  }
  if (!isFolder(input)) {
    const paths = isThere(input) ? [input] : await findArchives(input, false);
    return paths.some(isArchiveName) ? 'webdataset' : undefined;
  }
  return formatIn(input, await surveyFolder(resolve(input), search.except), search);
}

/** @throws TableError BB_INPUT_FORMAT where an input may be of several kinds */
function formatIn(
  input: string,
  { hasImages, hasArchives, list, others }: Survey,
  search: PictureSearch,
): PictureFormat | undefined {
  if (!hasImages && !hasArchives) return undefined;
  if (hasImages && hasArchives) throw ambiguous(input);
  const format = hasImages ? 'images' : 'webdataset';
  if (list !== undefined && !search.isPicturesOnly) throw listBeside(input, format, list);
  if (others) search.onNote?.(noListNote(input, format, others));
  return format;
}

/** Which of both is meant cannot be told: the images would be downloaded again, or the list passed over. */
function listBeside(input: string, format: PictureFormat, list: string): TableError {
  const path = isRemote(input) ? `${input.replace(/\/+$/, '')}/${list}` : join(input, list);
  return new TableError(
    'BB_INPUT_FORMAT',
    `${input} holds ${wordFor(format)} and what may be a list of its own (${list}). Say which is meant: --input-format ${format} for the ${wordFor(format)}, ` +
      `or --input-format ${inferFormat(path)} with the list itself as the input, ${path}.`,
    { fields: { path: input } },
  );
}

function noListNote(
  input: string,
  format: PictureFormat,
  { count, first }: { readonly count: number; readonly first: string },
): string {
  const rest = count === 1 ? '' : ` and ${count - 1} more files`;
  const are = count === 1 ? 'is no list' : 'are no lists';
  return `${input} is taken for ${wordFor(format)}: ${first}${rest} beside them ${are} of URLs.`;
}

function ambiguous(input: string): TableError {
  return new TableError(
    'BB_INPUT_FORMAT',
    `${input} holds images and tar archives. Say which are meant: --input-format images, or --input-format webdataset.`,
    { fields: { path: input } },
  );
}

/** What all inputs hold. @throws TableError BB_INPUT_FORMAT */
function theFormat(known: readonly Known[]): PictureFormat | undefined {
  const [first] = known;
  const other = known.find(({ format }) => format !== first?.format);
  if (!first || !other) return first?.format;
  throw new TableError(
    'BB_INPUT_FORMAT',
    `${first.input} holds ${wordFor(first.format)}, and ${other.input} ${wordFor(other.format)}: one run reads one kind of input. ` +
      'Give them to separate runs.',
    { fields: { paths: [first.input, other.input] } },
  );
}

function wordFor(format: PictureFormat | undefined): string {
  if (format === undefined) return 'tables';
  return format === 'images' ? 'images' : 'tar archives';
}

/** @throws TableError BB_INPUT_NOT_FOUND */
async function archivesIn(
  inputs: readonly string[],
  { except, onNote }: PictureSearch,
): Promise<FoundInput<PictureFormat>[]> {
  const paths: string[] = [];
  for (const input of inputs) {
    if (isRemote(input)) {
      for (const { path } of await remoteArchives(input)) paths.push(path);
      continue;
    }
    const isFile = isThere(input) && !isFolder(input);
    const found = isFile ? [resolve(input)] : await findArchives(input, isFolder(input));
    const others = found.filter((path) => except === undefined || !path.startsWith(except + sep));
    if (others.length === 0) throw notFound(input, 'There is no tar archive at');
    paths.push(...others);
  }
  const sorted = [...new Set(paths)].sort((a, b) => (a < b ? -1 : 1));
  const { files, linked } = eachOnce(sorted.map((path) => ({ path, format: 'webdataset' as const })));
  for (const note of notesOn(files, linked, [])) onNote?.(note);
  return files;
}

/** @throws TableError BB_INPUT_FORMAT, BB_INPUT_NOT_FOUND, BB_USAGE */
async function foldersIn(inputs: readonly string[], isSurveyed: boolean): Promise<string[]> {
  const found: string[] = [];
  for (const input of inputs)
    found.push(...(isRemote(input) ? await remoteFolders(input, isSurveyed) : [folderAt(input)]));
  const paths = [...new Set(found)].sort((a, b) => (a < b ? -1 : 1));
  refuseNested(paths);
  return paths;
}

function folderAt(input: string): string {
  if (isFolder(input)) return resolve(input);
  if (!isThere(input)) throw notFound(input, 'There is no folder');
  throw new TableError(
    'BB_INPUT_FORMAT',
    `${input} is no folder. Images are given as the folder that they lie in.`,
    { fields: { path: input } },
  );
}

function notFound(input: string, what: string): TableError {
  return new TableError('BB_INPUT_NOT_FOUND', `${what} ${input}. Check the path.`, { fields: { input } });
}

/** An image would be scored twice, under two names. */
function refuseNested(paths: readonly string[]): void {
  for (const [place, path] of paths.entries()) {
    const within = paths
      .slice(place + 1)
      .find((other) => other.startsWith(path.endsWith(sep) ? path : path + sep));
    if (within === undefined) continue;
    throw new TableError(
      'BB_USAGE',
      `${within} lies within ${path}, which is an input too. Give one of them.`,
      {
        fields: { paths: [path, within] },
      },
    );
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
