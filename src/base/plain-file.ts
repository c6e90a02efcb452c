import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isMissing } from './errors.ts';
import { fileSystem, type OpenFile } from './file-system.ts';

/**
 * Refuses what is no regular file, before it is opened: a pipe would be waited for, a device read without end.
 *
 * @throws Error; the file system's error where there is nothing, or nothing that may be looked at
 */
export function requirePlainFile(path: string): void {
  if (!statSync(path).isFile()) throw new Error('it is no regular file');
}

/** The text of a regular file, UTF-8. @throws Error as `requirePlainFile` */
export async function readPlainText(path: string): Promise<string> {
  requirePlainFile(path);
  return readFile(path, 'utf8');
}

/**
 * Refuses to go on with an open file that is no longer the one of its name: what is appended to it would be found by nobody.
 *
 * @param file undefined where there was none of that name
 * @param leastBytes what it held is not less
 * @throws Error; the file system's error
 */
export async function requireSameFile(
  file: OpenFile | undefined,
  path: string,
  leastBytes: number,
): Promise<void> {
  const own = await file?.stat();
  const there = await fileSystem()
    .stat(path)
    .catch((thrown: unknown) => {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    });
  if (!own && !there) return;
  if (!own) throw new Error('it was made by something else meanwhile');
  if (!there) throw new Error('it was moved away or removed while it was written to');
  if (there.dev !== own.dev || there.ino !== own.ino)
    throw new Error('it was replaced by another file while it was written to');
  if (there.size < leastBytes) throw new Error('something else has cut it while it was written to');
}
