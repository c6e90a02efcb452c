import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

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
