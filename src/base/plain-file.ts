import { statSync } from 'node:fs';

/**
 * Refuses what is no regular file, before it is opened: a pipe would be waited for, a device read without end.
 *
 * @throws Error; the file system's error where there is nothing, or nothing that may be looked at
 */
export function requirePlainFile(path: string): void {
  if (!statSync(path).isFile()) throw new Error('it is no regular file');
}
