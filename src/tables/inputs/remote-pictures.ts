import { basename } from 'node:path';
import { isShown } from '../../pictures/object-folder.ts';
import { storageOf } from '../../storage/local-copy.ts';
import { listedUrl, shownUrl } from '../../storage/storage.ts';
import { TableError } from '../errors.ts';
import { type FoundInput, inferFormat, type PictureFormat } from '../formats.ts';
import { isArchiveName } from './archives.ts';
import { expandRemoteAs, hasWildcards, namesInRemoteBraces } from './remote.ts';
import { isTable, type LevelNames, levelOf, type Survey } from './survey.ts';

/** Names that are looked at to see what a prefix holds: as many as a page of a listing has. */
const LOOKED_AT = 1000;

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
 * @throws TableError BB_INPUT_FORMAT where the place lists nothing, BB_INPUT_NOT_FOUND where nothing lies there; StorageError
 */
export async function remoteFolders(url: string): Promise<string[]> {
  if (!isListable(url)) throw notListed(shownUrl(url));
  const folders = (namesInRemoteBraces(url) ?? [url]).map(folderUrl);
  for (const folder of folders) if ((await namesBelow(folder, 1)).length === 0) throw nothingAt(folder);
  return folders;
}

/**
 * What the first 1,000 names below a prefix say that it holds; its tables count for lists, as none is read for that. Undefined for a table
 * by its name, a pattern, and where nothing is listed.
 *
 * @throws StorageError
 */
export async function surveyRemote(url: string): Promise<Survey | undefined> {
  const isFile = !url.endsWith('/') && inferFormat(shownUrl(url)) !== undefined;
  if (!isListable(url) || isFile || hasWildcards(url)) return undefined;
  const folders = foldersOf(await namesBelow(folderUrl(url), LOOKED_AT));
  const levels = [...folders].map(([prefix, names]) => ({ prefix, level: levelOf(names) }));
  const lists = levels.flatMap(({ prefix, level }) =>
    level.files.filter((name) => isTable(level, name)).map((name) => prefix + name),
  );
  return {
    hasImages: levels.some(({ level }) => level.imageStems.size > 0),
    hasArchives: levels.some(({ level }) => level.archiveStems.size > 0),
    list: lists[0],
    others: undefined,
  };
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

/** The first paths below a prefix; of more than so many without the last ones of one stem, whose neighbours are not seen. */
async function namesBelow(folder: string, most: number): Promise<string[]> {
  const storage = await storageOf(folder);
  const paths: string[] = [];
  for await (const { url } of storage.list(`${folder}/`)) {
    const path = url.slice(folder.length + 1);
    if (!isShown(path)) continue;
    paths.push(path);
    if (paths.length === most) break;
  }
  if (paths.length < most || most === 1) return paths;
  const last = stemOf(paths.at(-1)!);
  return paths.filter((path) => stemOf(path) !== last);
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
