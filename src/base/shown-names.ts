import { TEMPORARY_SUFFIX } from './files.ts';

/**
 * Whether a name in a folder, or a part of a key, is looked at where it is listed. Passed over are names that begin with `.`, which programs keep for themselves (our own
 * `.staging`, `.workers` and `.output` are such), and names that end with `.tmp`, which are still being written, or were left so by who was killed: of files as of folders.
 */
export function isShownName(name: string): boolean {
  return !name.startsWith('.') && !name.endsWith(TEMPORARY_SUFFIX);
}

/**
 * Whether a file is looked at, by its path below what is listed, with `/` between names: all of them are shown. A path that ends with `/`, or has nothing in it, is the mark that
 * services keep of a folder. Between slashes there may be nothing: such keys are what they are.
 */
export function isShownPath(path: string): boolean {
  return path !== '' && !path.endsWith('/') && path.split('/').every(isShownName);
}
