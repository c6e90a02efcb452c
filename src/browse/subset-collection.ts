import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { readRunRecord } from '../runs/run-record.ts';
import { TAGS } from '../samples/tags.ts';
import { columnOf, PARTS } from '../tables/columns.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import { findKnownColumns } from '../tables/parts.ts';
import type { Collection, PictureRun } from './collection.ts';
import { columnsOf, countRows } from './row-files.ts';

/** What of subset.json is looked at. */
interface SubsetFile {
  readonly metadata: {
    readonly files: readonly { readonly path: string }[];
    readonly parts: readonly { readonly part: string; readonly column: string | null }[];
  };
  readonly subsets: readonly {
    readonly folder: string;
    readonly files: readonly { readonly name: string }[];
  }[];
}

/**
 * The rows of a subset; undefined where the folder is none. One of several that were made in one scan is meant by its own folder.
 *
 * @param folder absolute
 * @throws BowerbirdError as `openCollection`
 */
export async function openSubset(
  connection: DuckDBConnection,
  folder: string,
): Promise<Collection | undefined> {
  const place = placeOf(folder);
  if (!place) return undefined;
  const summary = readSummary(join(place.root, 'subset.json'));
  const chosen = summary.subsets.filter(
    (one) => place.name === undefined || normalize(one.folder) === place.name,
  );
  if (chosen.length === 0) return undefined;
  if (chosen.length > 1) throw several(folder, chosen);
  const [subset] = chosen;
  const names = subset!.files.map(({ name }) => join(place.root, subset!.folder, name));
  const files = await countRows(connection, names);
  const columns = await columnsOf(connection, files);
  const found = findKnownColumns(columns, { unjudged: PARTS });
  const named = (name: string): string | undefined => columnOf(columns, name)?.name;
  const { runs, notes } = await runBehind(summary);
  const path = runs.length > 0 ? named('path') : undefined;
  const chosenUrl = summary.metadata.parts.find(({ part }) => part === 'url')?.column ?? '';
  return {
    title: basename(folder),
    kind: 'subset',
    files,
    shardIds: undefined,
    columns: {
      key: named('key'),
      pictureKey: named('key'),
      hash: named('hash') ?? found.hash,
      // Subsets of images that lie in files are made with their names in the place of URLs.
      url: [named(chosenUrl), found.url].find((name) => name !== undefined && name !== path),
      caption: found.caption,
      path,
      width: named('original_width') ?? named('width'),
      height: named('original_height') ?? named('height'),
      hasFates: false,
    },
    scores: TAGS.flatMap((tag) => named(tag) ?? found[tag] ?? []),
    ...{ runs, notes },
  };
}

/** The folder with subset.json, and which of its subsets is meant. */
function placeOf(folder: string): { readonly root: string; readonly name?: string } | undefined {
  if (existsSync(join(folder, 'subset.json'))) return { root: folder };
  const root = dirname(folder);
  return existsSync(join(root, 'subset.json')) ? { root, name: basename(folder) } : undefined;
}

/** @throws BowerbirdError BB_INPUT_UNREADABLE */
function readSummary(path: string): SubsetFile {
  try {
    const summary = JSON.parse(readFileSync(path, 'utf8')) as SubsetFile;
    const lists = [summary.metadata.files, summary.metadata.parts, summary.subsets];
    if (lists.every(Array.isArray) && summary.subsets.every(({ files }) => Array.isArray(files)))
      return summary;
    throw new Error('it lists no files');
  } catch (cause) {
    throw new BowerbirdError(
      'BB_INPUT_UNREADABLE',
      `${path} is not the subset.json of a bowerbird subset: ${messageOf(cause)}.`,
      { cause, fields: { path } },
    );
  }
}

function several(folder: string, subsets: SubsetFile['subsets']): BowerbirdError {
  const folders = subsets.map((subset) => join(folder, subset.folder));
  return new BowerbirdError(
    'BB_USAGE',
    `${folder} holds ${subsets.length} subsets. Give one of them: ${folders.join(', ')}.`,
    { fields: { path: folder } },
  );
}

/** The run whose rows the subset was chosen from, if it is one and still there: keys lead to its pictures. */
async function runBehind({ metadata }: SubsetFile): Promise<Pick<Collection, 'runs' | 'notes'>> {
  const folders = new Set(metadata.files.map(({ path }) => dirname(dirname(path))));
  const runs: PictureRun[] = [];
  for (const path of folders) {
    const record = await readRunRecord(join(path, 'run.json')).catch(() => undefined);
    if (record) runs.push({ path, record });
  }
  if (runs.length <= 1) return { runs, notes: [] };
  const note = 'This subset was made from several runs, so its keys do not tell which pictures are meant.';
  return { runs: [], notes: [note] };
}
