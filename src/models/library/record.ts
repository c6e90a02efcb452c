import { BowerbirdError, codeOf, messageOf } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { isObject } from '../../base/json-object.ts';
import { readPlainText } from '../../base/plain-file.ts';
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

/**
 * What is known of the files of a model that were fetched, in the order in which they came; empty where there is no record.
 * A damaged one is refused: without it another file than the first would be taken, and nobody told.
 *
 * @throws BowerbirdError BB_MODEL_CACHE; the file system's error
 */
export async function readRecord(path: string): Promise<readonly FetchedFile[]> {
  let raw: unknown;
  try {
    raw = JSON.parse(await readPlainText(path));
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return [];
    if (codeOf(thrown) !== undefined) throw thrown;
    throw damagedRecord(path, messageOf(thrown));
  }
  const files = isObject(raw) && raw['version'] === 1 ? raw['files'] : undefined;
  if (Array.isArray(files) && files.every(isFetchedFile)) return files;
  throw damagedRecord(path, 'it is no record of version 1');
}

function damagedRecord(path: string, problem: string): BowerbirdError {
  return new BowerbirdError(
    'BB_MODEL_CACHE',
    `${path} states which files of a model were fetched, and cannot be used: ${problem}. Bring it back from a copy; or remove ` +
      'it, and the files are fetched again, whatever they are by now where no registry states their digests.',
    { fields: { path } },
  );
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
