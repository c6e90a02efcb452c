import { relative, resolve } from 'node:path';
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
  const { glob } = await import('tinyglobby');
  const found = await glob('**', { cwd: input, absolute: true });
  const folder = resolve(input);
  return found.map((path) => resolve(path)).filter((path) => isShownPath(relative(folder, path)));
}
