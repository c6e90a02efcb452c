import { basename } from 'node:path';
import { listedPaths } from './listed-paths.ts';

const ARCHIVE_NAME = /\.(tar(\.(gz|zst))?|tgz)$/i;

/** Whether a file is a tar archive by its name, packed or not. */
export function isArchiveName(path: string): boolean {
  return ARCHIVE_NAME.test(path);
}

/** The name that an archive's companions have too: `00000` of `00000.tar.gz`. */
export function archiveStem(path: string): string {
  return basename(path).replace(ARCHIVE_NAME, '');
}

/**
 * The tar archives in a folder and below, or that a pattern matches; hidden ones and those that are being written are not.
 *
 * @param isFolder whether `input` is one
 */
export async function findArchives(input: string, isFolder: boolean): Promise<string[]> {
  return (await listedPaths(input, isFolder)).filter(isArchiveName);
}
