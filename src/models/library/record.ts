import { readFile } from 'node:fs/promises';
import { codeOf } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { isObject } from '../../base/json-object.ts';
import type { ModelFile } from './entry.ts';

/** A file as it was fetched. */
export interface FetchedFile {
  /** Its name in the cache. */
  readonly file: string;
  /** `originOf` the file: where it is published, wherever it was really fetched from. */
  readonly from: string;
  readonly size_bytes: number;
  /** In hex, of the bytes on the disk. */
  readonly sha256: string;
}

/** Where a file is published, in one line. */
export function originOf(file: ModelFile): string {
  return 'url' in file ? file.url : `hf://${file.hub}@${file.revision}/${file.path}`;
}

/** What is known of the files of a model that were fetched; empty where nothing is, or nothing that can be read. */
export async function readRecord(path: string): Promise<readonly FetchedFile[]> {
  try {
    const raw: unknown = JSON.parse(await readFile(path, 'utf8'));
    const files = isObject(raw) && raw['version'] === 1 ? raw['files'] : undefined;
    return Array.isArray(files) ? files.filter(isFetchedFile) : [];
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || thrown instanceof SyntaxError) return [];
    throw thrown;
  }
}

/** @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
export async function writeRecord(path: string, files: readonly FetchedFile[]): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify({ version: 1, files }, undefined, 2)}\n`);
}

function isFetchedFile(value: unknown): value is FetchedFile {
  return (
    isObject(value) &&
    typeof value['file'] === 'string' &&
    typeof value['from'] === 'string' &&
    typeof value['sha256'] === 'string' &&
    typeof value['size_bytes'] === 'number'
  );
}
