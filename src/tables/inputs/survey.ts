import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isShownName } from '../../base/shown-names.ts';
import { type NamedEntry, namedEntries, openableAs } from '../../pictures/byte-names.ts';
import { isMetadataName } from '../../pictures/folder.ts';
import { isImageName, splitName } from '../../pictures/image-names.ts';
import { inferFormat } from '../formats.ts';
import { archiveStem, isArchiveName } from './archives.ts';
import { mayBeList } from './url-lists.ts';

/** What `bowerbird review` writes about the pictures in its folder; known here, as `review` stands above. */
const KEPT_LIST = 'kept.jsonl';

/** What a folder holds, as far as it decides how the folder is read. */
export interface Survey {
  readonly hasImages: boolean;
  readonly hasArchives: boolean;
  /** Of the files that are tables by their names, and not about images, the first that may be a list of its own, from the folder (`mayBeList`). */
  readonly list: string | undefined;
  /** The first of the others, and how many there are; only where there is no list. */
  readonly others: { readonly count: number; readonly first: string } | undefined;
}

/**
 * Looks at the names of the files in a folder and below, and into those that may be lists. No tables are: texts and JSON of the name of an image beside them,
 * the hub's `metadata.*`, `review`'s `kept.jsonl`, and what img2dataset writes of a shard beside the shard's folder or archive (`00000.parquet`, `00000_stats.json`), and
 * the sidecars of a run (`00000.scores.parquet`).
 *
 * @param except a folder that is passed over, as its path without links
 */
export async function surveyFolder(folder: string, except: string | undefined): Promise<Survey> {
  let [hasImages, hasArchives] = [false, false];
  let list: string | undefined;
  let count = 0;
  let first: string | undefined;
  const ahead = [''];
  for (let prefix = ahead.pop(); prefix !== undefined; prefix = ahead.pop()) {
    const path = join(folder, prefix);
    if (except !== undefined && (await realpath(openableAs(path))) === except) continue;
    const level = levelOf(namesIn(await entriesOf(path)));
    hasImages ||= level.imageStems.size > 0;
    hasArchives ||= level.archiveStems.size > 0;
    for (const name of list === undefined ? level.files.filter((file) => isTable(level, file)) : []) {
      if (await mayBeList(join(path, name))) {
        list = `${prefix}${name}`;
        break;
      }
      count++;
      first ??= `${prefix}${name}`;
    }
    for (const name of level.folders) ahead.push(`${prefix}${name}/`);
  }
  const others = list === undefined && first !== undefined ? { count, first } : undefined;
  return { hasImages, hasArchives, list, others };
}

/** The names in one folder. */
export interface LevelNames {
  readonly files: readonly string[];
  readonly folders: ReadonlySet<string>;
}

/** The same, and what its files are. */
interface Level extends LevelNames {
  /** Of images, without their extensions. */
  readonly imageStems: ReadonlySet<string>;
  /** Of archives, likewise. */
  readonly archiveStems: ReadonlySet<string>;
}

function namesIn(entries: readonly NamedEntry[]): LevelNames {
  const shown = entries.filter(({ name }) => isShownName(name));
  const files = shown.filter(({ type }) => !type.isDirectory()).map(({ name }) => name);
  const folders = shown.filter(({ type }) => type.isDirectory()).map(({ name }) => name);
  return { files: files.sort(), folders: new Set(folders) };
}

/** What the files of a folder are, by their names. */
export function levelOf({ files, folders }: LevelNames): Level {
  const imageStems = files.filter(isImageName).map((name) => splitName(name).stem);
  const archiveStems = files.filter(isArchiveName).map(archiveStem);
  return { files, folders, imageStems: new Set(imageStems), archiveStems: new Set(archiveStems) };
}

/** Whether a file of a folder is a table by its name, and not about images. */
export function isTable({ folders, imageStems, archiveStems }: Level, name: string): boolean {
  const format = inferFormat(name);
  if (format === undefined || isMetadataName(name) || name === KEPT_LIST) return false;
  const { stem } = splitName(name);
  const shard = stem.replace(/(_stats|\.scores)$/, '');
  if (folders.has(shard) || archiveStems.has(shard)) return false;
  return !((format === 'txt' || format === 'json') && imageStems.has(stem));
}

/** Nothing where the folder cannot be read: whoever reads it says why. */
async function entriesOf(path: string): Promise<NamedEntry[]> {
  try {
    return await namedEntries(path);
  } catch {
    return [];
  }
}
