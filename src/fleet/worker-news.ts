import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../base/errors.ts';
import { fileSystem } from '../base/file-system.ts';
import { removeQuietly, temporaryPath, writeNewFile } from '../base/files.ts';
import type { FailureReason } from '../samples/reasons.ts';

/** What a worker says of itself every few seconds: in its folder, and in its queue where it has one. Counts are of its whole life. */
export interface WorkerNews {
  readonly format: 'bowerbird-worker';
  readonly version: 1;
  /** The name of its folder in `.workers`. */
  readonly worker: string;
  /** Seconds since 1970, by the clock of its machine. */
  readonly started_at: number;
  readonly has_ended: boolean;
  /** Numbers of the shards that it works on. */
  readonly in_hand: readonly number[];
  readonly shards: { readonly committed: number; readonly lost: number };
  /** Rows of the shards that it has committed. */
  readonly rows: { readonly succeeded: number; readonly failed: number };
  /** Those of them that failed, by reason. */
  readonly reasons: Partial<Record<FailureReason, number>>;
  /** Bytes of the images that came, those of shards in hand included. */
  readonly downloaded_bytes: number;
  /** Rows that ended a second, over the last minute. */
  readonly rows_per_second: number;
}

/** Who has said nothing for so long counts as gone: its lease is over. */
export const GONE_MS = 60_000;

/** What a worker said that is gone: it works on nothing any more. */
export function newsOfGone(news: WorkerNews): WorkerNews {
  return { ...news, in_hand: [], rows_per_second: 0 };
}

const FILE = 'news.json';

/**
 * Writes it, not to the disk: it is worth nothing in five seconds. The folder is not made: once it was taken from its worker, that has to
 * find nothing to commit from.
 *
 * @throws the file system's error
 */
export async function writeNews(workerFolder: string, news: WorkerNews): Promise<void> {
  const path = join(workerFolder, FILE);
  const temporary = temporaryPath(path);
  try {
    await writeNewFile(temporary, `${JSON.stringify(news)}\n`);
    await fileSystem().rename(temporary, path);
  } catch (thrown) {
    await removeQuietly(temporary);
    throw thrown;
  }
}

/** What a worker has left in its folder; undefined where there is nothing, or nothing that can be read. */
export async function readNews(workerFolder: string): Promise<WorkerNews | undefined> {
  try {
    return parseNews(await readFile(join(workerFolder, FILE), 'utf8'));
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}

/** undefined for what is none: it may have been written by another version. */
export function parseNews(text: string): WorkerNews | undefined {
  try {
    const news = JSON.parse(text) as WorkerNews | null;
    return news?.format === 'bowerbird-worker' && news.version === 1 ? news : undefined;
  } catch {
    return undefined;
  }
}
