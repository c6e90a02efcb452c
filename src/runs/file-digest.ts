import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isMissing } from '../base/errors.ts';

/** What a file is known by, or a folder of files: then all their bytes, and the sha256 of what `sha256sum *` prints of them. */
export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
  /** Files in the folder. */
  readonly entries?: number;
}

/** Of a file, or of a folder of files. */
export async function digestFile(path: string): Promise<FileDigest> {
  const stats = await stat(path);
  if (stats.isDirectory()) return digestFolder(path);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { bytes: stats.size, sha256: hash.digest('hex') };
}

async function digestFolder(path: string): Promise<FileDigest> {
  const names = (await readdir(path)).sort();
  const hash = createHash('sha256');
  let bytes = 0;
  for (const name of names) {
    const content = await readFile(join(path, name));
    hash.update(`${createHash('sha256').update(content).digest('hex')}  ${name}\n`);
    bytes += content.length;
  }
  return { bytes, sha256: hash.digest('hex'), entries: names.length };
}

/** Whether a file has the size that is stated of it, or a folder as many files. */
export async function isThere(path: string, { bytes, entries }: FileDigest): Promise<boolean> {
  try {
    return entries === undefined
      ? (await stat(path)).size === bytes
      : (await readdir(path)).length === entries;
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}
