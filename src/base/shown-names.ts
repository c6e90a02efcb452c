import { TEMPORARY_SUFFIX } from './files.ts';

/** What Spark and Hadoop write into before it counts. */
const UNCOMMITTED = '_temporary';

/** What programs keep for themselves: our own `.staging`, `.workers` and `.output` are such. */
function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/** What is still being written, or was left so by who was killed. */
function isUnfinished(name: string): boolean {
  return name.endsWith(TEMPORARY_SUFFIX) || name === UNCOMMITTED;
}

const PASSED_OVER = [isHidden, isUnfinished];

/**
 * Whether a name in a folder, or a part of a key, is looked at where it is listed. Passed over are names that begin with `.`, names that end with `.tmp`, and `_temporary`: of files as
 * of folders.
 */
export function isShownName(name: string): boolean {
  return !PASSED_OVER.some((isPassedOver) => isPassedOver(name));
}

/**
 * Whether a file is looked at, by its path below what is listed, with `/` between names: all of them are shown. A path that ends with `/`, or has nothing in it, is the mark that
 * services keep of a folder. Between slashes there may be nothing: such keys are what they are.
 */
export const isShownPath: (path: string) => boolean = shownBelow([]);

/**
 * The same for a person who has named, or given patterns of, some of the names: who says `.cache` or `.*` means names that begin with `.`, and who says `*.tmp` those that end so.
 *
 * @param given what was said of the names below what is listed
 */
export function shownBelow(given: readonly string[]): (path: string) => boolean {
  const kinds = PASSED_OVER.filter((isOfKind) => !given.some(isOfKind));
  const isShown = (name: string): boolean => !kinds.some((isOfKind) => isOfKind(name));
  return (path) => path !== '' && !path.endsWith('/') && path.split('/').every(isShown);
}
