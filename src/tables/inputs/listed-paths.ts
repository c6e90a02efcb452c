import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { isShownPath } from '../../base/shown-names.ts';
import { globBraced } from './braces.ts';

/**
 * The absolute paths of the files in a folder and below, or of those that a pattern matches, without what is passed over by its name.
 *
 * @param isFolder whether `input` is one
 * @throws TableError BB_USAGE
 */
export async function listedPaths(input: string, isFolder: boolean): Promise<string[]> {
  if (!isFolder) {
    const found = await globBraced(input, { absolute: true, expandDirectories: false });
    return found.map((path) => resolve(path));
  }
  const folder = resolve(input);
  const found = (await plainFiles(folder)) ?? (await filesBelow(folder));
  return found.filter((path) => isShownPath(relative(folder, path)));
}

/** The files of a folder in which nothing else lies: loading what walks through folders takes longer than most listings. */
async function plainFiles(folder: string): Promise<string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.every((entry) => entry.isFile())
      ? entries.map(({ name }) => join(folder, name))
      : undefined;
  } catch {
    // What cannot be listed is left to who walks through folders.
    return undefined;
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const { glob } = await import('tinyglobby');
  const found = await glob('**', { cwd: folder, absolute: true });
  return found.map((path) => resolve(path));
}
