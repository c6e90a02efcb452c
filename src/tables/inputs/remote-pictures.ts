import { basename } from 'node:path';
import { isShownPath } from '../../base/shown-names.ts';
import { listedUrl, type StoredObject, shownUrl } from '../../storage/storage.ts';
import { storageOf } from '../../storage/storage-of.ts';
import { TableError } from '../errors.ts';
import { type FoundInput, inferFormat, type PictureFormat } from '../formats.ts';
import { isArchiveName } from './archives.ts';
import { packingIn } from './bytes.ts';
import { expandRemoteAs, isSurelyPattern, namesInRemoteBraces, namesPlaces } from './remote.ts';
import { isTable, type LevelNames, levelOf, type Survey } from './survey.ts';
import { HEAD_BYTES, mayBeListOf } from './url-lists.ts';

/** Names that are looked at to see what a prefix holds: as many as a page of a listing has. */
const LOOKED_AT = 1000;
/** Tables that are looked into. */
const MOST_LOOKED_INTO = 16;

/** Whether a URL leads to archives by its name: a file, or a pattern of files. */
export function isRemoteArchive(url: string): boolean {
  return isArchiveName(shownUrl(url));
}

/** The archives that a URL stands for, as `expandRemote` has it of tables. @throws TableError BB_INPUT_NOT_FOUND, BB_USAGE; StorageError */
export async function remoteArchives(url: string): Promise<readonly FoundInput<PictureFormat>[]> {
  const { files } = await expandRemoteAs<PictureFormat>(url, {
    ofNamed: () => 'webdataset',
    ofListed: (file) => (isArchiveName(file) ? 'webdataset' : undefined),
    what: 'tar archive',
  });
  return files;
}

/**
 * The prefixes that a URL stands for, without slashes at their ends: it may have braces.
 *
 * @param isSurveyed whether it is known that something lies there
 * @throws TableError BB_INPUT_FORMAT where the place lists nothing, BB_INPUT_NOT_FOUND where nothing lies there; StorageError
 */
export async function remoteFolders(url: string, isSurveyed: boolean): Promise<string[]> {
  if (!isListable(url)) throw notListed(shownUrl(url));
  const folders = (await foldersNamed(url)).map(folderUrl);
  for (const folder of folders) if (!isSurveyed && !(await hasObjects(folder))) throw nothingAt(folder);
  return folders;
}

/** The prefix of that very name, or those that braces stand for. */
async function foldersNamed(url: string): Promise<readonly string[]> {
  const names = namesInRemoteBraces(url);
  if (!names) return [url];
  return !namesPlaces(url) && (await hasObjects(folderUrl(url))) ? [url] : names;
}

/**
 * What the first 1,000 names below a prefix say that it holds, of names in braces the first. Of its tables the first 256 KiB of texts are looked at, as far as these
 * are few; others may be lists. Undefined for a table by its name, a pattern, and where nothing is listed.
 *
 * @throws StorageError
 */
export async function surveyRemote(url: string): Promise<Survey | undefined> {
  const isFile = !url.endsWith('/') && inferFormat(shownUrl(url)) !== undefined;
  if (!isListable(url) || isFile || isSurelyPattern(url)) return undefined;
  const [named] = await foldersNamed(url);
  const folder = folderUrl(named!);
  const objects = await objectsBelow(folder, LOOKED_AT);
  const folders = foldersOf([...objects.keys()]);
  const levels = [...folders].map(([prefix, names]) => ({ prefix, level: levelOf(names) }));
  const hasImages = levels.some(({ level }) => level.imageStems.size > 0);
  const hasArchives = levels.some(({ level }) => level.archiveStems.size > 0);
  const tables = levels.flatMap(({ prefix, level }) =>
    level.files.filter((name) => isTable(level, name)).map((name) => objects.get(prefix + name)!),
  );
  if (!hasImages && !hasArchives) return { hasImages, hasArchives, list: undefined, others: undefined };
  const nameOf = ({ url: table }: StoredObject): string => table.slice(folder.length + 1);
  const list = await firstList(tables);
  const first = list ?? tables[0];
  return {
    hasImages,
    hasArchives,
    list: list && nameOf(list),
    others: list || !first ? undefined : { count: tables.length, first: nameOf(first) },
  };
}

async function firstList(tables: readonly StoredObject[]): Promise<StoredObject | undefined> {
  for (const [place, table] of tables.entries())
    if (place === MOST_LOOKED_INTO || (await mayBeRemoteList(table))) return table;
  return undefined;
}

async function mayBeRemoteList({ url, bytes, tag }: StoredObject): Promise<boolean> {
  const format = inferFormat(url);
  if (format === 'parquet') return true;
  const storage = await storageOf(url);
  const head = await storage.readRange(url, 0, Math.min(bytes, HEAD_BYTES), { tag });
  return packingIn(head) !== undefined || mayBeListOf(format, head);
}

/** The names in each folder, by its path with a slash at its end. */
function foldersOf(paths: readonly string[]): Map<string, LevelNames> {
  const folders = new Map<string, { files: string[]; folders: Set<string> }>();
  for (const path of paths) {
    const parts = path.split('/');
    for (const [depth, name] of parts.entries()) {
      const prefix = parts
        .slice(0, depth)
        .map((above) => `${above}/`)
        .join('');
      const folder = folders.get(prefix) ?? { files: [], folders: new Set() };
      folders.set(prefix, folder);
      if (depth === parts.length - 1) folder.files.push(name);
      else folder.folders.add(name);
    }
  }
  return folders;
}

/** The first objects below a prefix, by their paths; of so many and more without the last ones of one stem, whose neighbours are not seen. */
async function objectsBelow(folder: string, most: number): Promise<Map<string, StoredObject>> {
  const storage = await storageOf(folder);
  const objects = new Map<string, StoredObject>();
  for await (const object of storage.list(`${folder}/`)) {
    const path = object.url.slice(folder.length + 1);
    if (!isShownPath(path)) continue;
    objects.set(path, object);
    if (objects.size < most) continue;
    const last = stemOf(path);
    return new Map([...objects].filter(([other]) => stemOf(other) !== last));
  }
  return objects;
}

async function hasObjects(folder: string): Promise<boolean> {
  const storage = await storageOf(folder);
  for await (const _ of storage.list(`${folder}/`)) return true;
  return false;
}

function stemOf(path: string): string {
  return path.slice(0, -basename(path).length) + basename(path).replace(/[.].*$/s, '');
}

function folderUrl(url: string): string {
  return listedUrl(url).replace(/\/+$/, '');
}

/** Whether a place says what it has. */
function isListable(url: string): boolean {
  return !/^https?:/i.test(url);
}

function notListed(url: string): TableError {
  return new TableError(
    'BB_INPUT_FORMAT',
    `${url} cannot be taken for a folder of images: a web server lists no files. Name each image in a table with a column of URLs, ` +
      'or give tar archives, by their URLs.',
    { fields: { path: url } },
  );
}

function nothingAt(folder: string): TableError {
  return new TableError('BB_INPUT_NOT_FOUND', `There is nothing at ${folder}/. Check the URL.`, {
    fields: { input: folder },
  });
}
