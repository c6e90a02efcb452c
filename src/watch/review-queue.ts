import { existsSync } from 'node:fs';
import { writeFileAtomic } from '../base/files.ts';
import type { SampleName } from '../feedback/answer.ts';
import { canonicalHash, isKey } from '../feedback/check.ts';
import {
  type AskedMode,
  lineOfQueueItem,
  queueItemId,
  readQueueItems,
  type SampleItem,
} from '../feedback/queue-items.ts';
import type { KeptRow } from './kept-rows.ts';

/** What is asked of each picture. */
export interface QueueQuestion {
  readonly question: string;
  readonly mode: Exclude<AskedMode, 'pair'>;
}

/** What was added to a queue. */
export interface QueueAddition {
  readonly added: number;
  /** Items of the queue by now. */
  readonly total: number;
}

/**
 * Adds rows to the end of a queue file, in their order, and replaces it in one step. What is asked there already is not asked again, so
 * that the same rows may be added twice.
 *
 * @throws BowerbirdError BB_INPUT_UNREADABLE, BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function addToQueue(
  path: string,
  rows: readonly KeptRow[],
  { question, mode }: QueueQuestion,
): Promise<QueueAddition> {
  const before = existsSync(path) ? (await readQueueItems(path)).items : [];
  const items = new Map(before.map((item) => [item.id, item]));
  for (const row of rows) {
    const sample = nameOf(row);
    const id = queueItemId({ question, mode, samples: [sample], round: 0 });
    const item: SampleItem = { id, question, mode, sample, why: 'top' };
    if (!items.has(id)) items.set(id, item);
  }
  const added = items.size - before.length;
  if (added > 0 || !existsSync(path))
    await writeFileAtomic(path, [...items.values()].map((item) => `${lineOfQueueItem(item)}\n`).join(''));
  return { added, total: items.size };
}

function nameOf({ hash, key }: KeptRow): SampleName {
  const known = hash === null ? undefined : canonicalHash(hash);
  return { ...(known !== undefined && { hash: known }), ...(isKey(key) && { key }) };
}
