import { basename, relative, resolve } from 'node:path';
import { isShownName, isShownPath } from '../../base/shown-names.ts';
import { globBraced } from './braces.ts';

/**
 * The absolute paths of the files in a folder and below, or of those that a pattern matches, without what is passed over by its name. A pattern that names a hidden folder means it.
 *
 * @param isFolder whether `input` is one
 * @throws TableError BB_USAGE
 */
export async function listedPaths(input: string, isFolder: boolean): Promise<string[]> {
  const { glob } = await import('tinyglobby');
  const found = isFolder
    ? await glob('**', { cwd: input, absolute: true })
    : await globBraced(input, { absolute: true, expandDirectories: false });
  const folder = resolve(input);
  const paths = found.map((path) => resolve(path));
  return isFolder
    ? paths.filter((path) => isShownPath(relative(folder, path)))
    : paths.filter((path) => isShownName(basename(path)));
}
