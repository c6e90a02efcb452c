import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isShownName } from '../base/shown-names.ts';
import { type NamedEntry, namedEntries, openableAs } from './byte-names.ts';
import { type CompanionFile, companionAt, readCompanions } from './companions.ts';
import { isImageName, splitName } from './image-names.ts';
import type { Listing } from './listing.ts';
import type { PictureRow } from './picture-row.ts';

/** Files of columns for the images of a folder, as the hub's `imagefolder` has them. */
const METADATA_NAMES: readonly string[] = ['metadata.csv', 'metadata.jsonl', 'metadata.parquet'];

/** Of the texts and descriptions that stand beside images. */
export const COMPANION_EXTENSIONS: readonly string[] = ['txt', 'json'];

/** Images of which the files beside them are read at one time. */
const IMAGES_AT_ONCE = 64;

/** How a folder is listed. */
export interface FolderOptions {
  /** A folder in it that is passed over: the output, as its path without links. */
  readonly except?: string | undefined;
}

/** Whether the name is that of a file of columns. */
export function isMetadataName(name: string): boolean {
  return METADATA_NAMES.includes(name.toLowerCase());
}

/**
 * The images in a folder and in all below it, in the order of their relative paths (code units), with the text and the JSON of
 * the same name beside each. Links to files are followed, links to folders are not; what `isShownName` says is passed over. One
 * folder's names are in memory at a time, with those of the folders above it.
 *
 * @throws errors of Node where a folder cannot be read
 */
export async function* listFolder(
  folder: string,
  listing: Listing,
  { except }: FolderOptions = {},
): AsyncGenerator<PictureRow> {
  yield* listLevel({ folder, listing, except }, '');
}

interface Walk extends FolderOptions {
  readonly folder: string;
  readonly listing: Listing;
}

async function* listLevel(walk: Walk, prefix: string): AsyncGenerator<PictureRow> {
  const { folder, listing, except } = walk;
  const entries = await entriesOf(join(folder, prefix));
  const level = levelOf(prefix, entries);
  let images: string[] = [];
  for (const { name, kind } of entries) {
    const path = `${prefix}${name}`;
    if (kind === 'folder') {
      yield* rowsOf(walk, level, images);
      images = [];
      if ((await realpath(openableAs(join(folder, path)))) !== except) yield* listLevel(walk, `${path}/`);
    } else if (kind === 'linked folder') listing.passOver(`${path}/ (a link to a folder)`);
    else if (isImageName(name)) images.push(name);
    else if (isMetadataName(name)) listing.metadata.push(path);
    else if (!isCompanion(level, name)) listing.passOver(path);
  }
  yield* rowsOf(walk, level, images);
}

/** The files of one folder. */
interface Level {
  /** What its path begins with: '', or names that each end with a slash. */
  readonly prefix: string;
  readonly names: ReadonlySet<string>;
  /** Names of images, without their extensions. */
  readonly imageStems: ReadonlySet<string>;
}

function levelOf(prefix: string, entries: readonly Entry[]): Level {
  const names = entries.map(({ name }) => name);
  const imageStems = names.filter(isImageName).map((name) => splitName(name).stem);
  return { prefix, names: new Set(names), imageStems: new Set(imageStems) };
}

async function* rowsOf(walk: Walk, level: Level, images: readonly string[]): AsyncGenerator<PictureRow> {
  for (let from = 0; from < images.length; from += IMAGES_AT_ONCE) {
    const some = images.slice(from, from + IMAGES_AT_ONCE);
    yield* await Promise.all(some.map((name) => rowOf(walk, level, name)));
  }
}

interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'linked folder';
}

/** What is in a folder, so sorted that the paths of all files come in the order of their code units. */
async function entriesOf(path: string): Promise<Entry[]> {
  const found = await namedEntries(path);
  const shown = found.filter(({ name }) => isShownName(name));
  const entries = await Promise.all(shown.map((entry) => entryOf(path, entry)));
  const key = ({ name, kind }: Entry): string => (kind === 'folder' ? `${name}/` : name);
  return entries.flatMap((entry) => entry ?? []).sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Pipes, sockets and devices are nothing; a link counts for what it leads to, and one that leads nowhere is a file that is not there. */
async function entryOf(path: string, { name, type }: NamedEntry): Promise<Entry | undefined> {
  if (type.isFile()) return { name, kind: 'file' };
  if (type.isDirectory()) return { name, kind: 'folder' };
  if (!type.isSymbolicLink()) return undefined;
  const target = await stat(openableAs(join(path, name))).catch(() => undefined);
  if (!target || target.isFile()) return { name, kind: 'file' };
  return target.isDirectory() ? { name, kind: 'linked folder' } : undefined;
}

async function rowOf({ folder, listing }: Walk, { prefix, names }: Level, name: string): Promise<PictureRow> {
  const { stem } = splitName(name);
  const beside = (extension: string): CompanionFile | undefined =>
    names.has(`${stem}.${extension}`) ? companionAt(join(folder, prefix, `${stem}.${extension}`)) : undefined;
  const { caption, json, trouble, replaced } = await readCompanions(beside('txt'), beside('json'));
  if (trouble !== undefined) listing.trouble(trouble);
  for (const { name: text, count } of replaced) listing.replace(text, count);
  const path = `${prefix}${name}`;
  const stats = await stat(openableAs(join(folder, path))).catch(() => undefined);
  listing.sizeBytes += stats?.size ?? 0;
  return { path, caption, json, ...(stats ? { bytes: stats.size } : { fault: 'image_missing' as const }) };
}

/** Whether a file is a text or a description of an image that lies beside it. */
function isCompanion({ imageStems }: Level, name: string): boolean {
  const { stem, extension } = splitName(name);
  return COMPANION_EXTENSIONS.includes(extension) && imageStems.has(stem);
}
