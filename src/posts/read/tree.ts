import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inferFormat } from '../../tables/formats.ts';
import { isWithin } from './folder-pictures.ts';

/** The files of one folder of a tree. */
export interface TreeFolder {
  /** As it was given, with what lies below. */
  readonly path: string;
  /** Of files and of links to files, in the order of their code units. */
  readonly names: readonly string[];
  /** Links to what lies outside of the tree. */
  readonly outside: ReadonlySet<string>;
}

/** How a tree is gone through. */
export interface TreeWalk {
  /** Without links. */
  readonly realRoot: string;
  /** Names of folders in the tree's root that come first, in this order. */
  readonly first: readonly string[];
  /** A folder in it that is passed over: the table of posts, as its path without links. */
  readonly except?: string | undefined;
  /** Told of links to folders, which are not followed, and of folders that cannot be read. */
  readonly onPassedOver: (path: string, why: string) => void;
}

/** Whether a file's name is that of a JSON file, as Instaloader saves it. */
export function isJsonName(name: string): boolean {
  return name.endsWith('.json') || name.endsWith('.json.xz');
}

/**
 * A folder and all below it, each folder before those in it, in the order of their names (code units). Names that begin with `.` are passed over.
 * One folder's names are in memory at a time, with those of the folders above it.
 *
 * @throws errors of Node where the root cannot be read
 */
export async function* walkTree(root: string, walk: TreeWalk): AsyncGenerator<TreeFolder> {
  const { folders, ...top } = await look(root, walk);
  yield top;
  const wanted = new Map(walk.first.map((name, place) => [name, place]));
  const placeOf = (name: string): number => wanted.get(name.toLowerCase()) ?? wanted.size;
  // Sorting is stable: those that nobody named stay in the order of their names.
  for (const name of [...folders].sort((a, b) => placeOf(a) - placeOf(b)))
    yield* below(join(root, name), walk);
}

async function* below(path: string, walk: TreeWalk): AsyncGenerator<TreeFolder> {
  let found: Look;
  try {
    found = await look(path, walk);
  } catch {
    walk.onPassedOver(path, 'a folder that cannot be read');
    return;
  }
  const { folders, ...level } = found;
  yield level;
  for (const name of folders) yield* below(join(path, name), walk);
}

interface Look extends TreeFolder {
  readonly folders: readonly string[];
}

async function look(path: string, { realRoot, except, onPassedOver }: TreeWalk): Promise<Look> {
  const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  const names: string[] = [];
  const folders: string[] = [];
  const outside = new Set<string>();
  for (const entry of entries) {
    const { name } = entry;
    if (entry.isDirectory()) {
      if (except === undefined || (await realpath(join(path, name))) !== except) folders.push(name);
    } else if (entry.isSymbolicLink()) {
      const target = join(path, name);
      const stats = await stat(target).catch(() => undefined);
      if (stats?.isDirectory()) {
        onPassedOver(target, 'a link to a folder');
        continue;
      }
      names.push(name);
      const real = await realpath(target).catch(() => undefined);
      if (real !== undefined && !isWithin(real, realRoot)) outside.add(name);
    } else names.push(name);
  }
  return { path, names: names.sort(byCodeUnits), folders: folders.sort(byCodeUnits), outside };
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** What a folder holds, by the names of its files: tables go before JSON, which may describe them. */
export interface TreeSurvey {
  /** A table, below the folder. */
  readonly table: string | undefined;
  readonly hasJson: boolean;
  /** JSON packed with xz, as Instaloader alone has it. */
  readonly hasPackedJson: boolean;
}

/** @throws errors of Node where the root cannot be read */
export async function surveyTree(root: string, except: string): Promise<TreeSurvey> {
  let table: string | undefined;
  let hasJson = false;
  let hasPackedJson = false;
  const walk = { realRoot: await realpath(root), first: [], except, onPassedOver: () => undefined };
  for await (const { path, names } of walkTree(root, walk)) {
    const found = names.find(isTableName);
    table ??= found && join(path, found);
    hasJson ||= names.some(isJsonName);
    hasPackedJson ||= names.some((name) => name.endsWith('.json.xz'));
    if (table !== undefined && hasPackedJson) break;
  }
  return { table, hasJson, hasPackedJson };
}

/** Texts are captions, and JSON may be Instaloader's. */
function isTableName(name: string): boolean {
  const format = inferFormat(name);
  return format !== undefined && format !== 'txt' && format !== 'json';
}

/** The user whom a folder is of, where it has Instaloader's file `id` with the number of the user. */
export async function userOfFolder({
  path,
  names,
}: TreeFolder): Promise<{ name: string; userId: string } | undefined> {
  if (!names.includes('id')) return undefined;
  const stats = await stat(join(path, 'id')).catch(() => undefined);
  if (!stats?.isFile() || stats.size > 64) return undefined;
  const text = await readFile(join(path, 'id'), 'utf8').catch(() => '');
  const [userId] = /^\d{1,20}(?=\s*$)/.exec(text) ?? [];
  return userId === undefined ? undefined : { name: basename(path).toLowerCase(), userId };
}
