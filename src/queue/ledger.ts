import { existsSync } from 'node:fs';
import type { Answer } from '../feedback/answer.ts';
import { type QueueItem, readQueueItems } from '../feedback/queue-items.ts';

/** Beside `taste.jsonl`: `taste.asked.jsonl`. */
export function ledgerOf(queue: string): string {
  return `${queue.replace(/\.jsonl$/, '')}.asked.jsonl`;
}

/**
 * The items of a queue and of those before it, by their ids, as far as answers may name them.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND where there is neither, BB_INPUT_UNREADABLE
 */
export async function itemsAsked(queue: string): Promise<Map<string, QueueItem>> {
  const ledger = ledgerOf(queue);
  const items = new Map<string, QueueItem>();
  // What comes later counts: an item may be asked again for another reason.
  const paths = existsSync(ledger) ? [ledger, queue] : [queue];
  for (const path of paths) for (const item of (await readQueueItems(path)).items) items.set(item.id, item);
  return items;
}

/**
 * What is kept of a queue that is about to be replaced and of those before it: what was answered, and all of the last queue, which may still
 * be on a screen. Why something was asked would be lost with the queue.
 *
 * @param queue the queue's path; where there is none yet, nothing was asked
 * @throws BowerbirdError BB_INPUT_UNREADABLE
 */
export async function keptItems(queue: string, answers: readonly Answer[]): Promise<QueueItem[]> {
  if (!existsSync(queue)) return [];
  const answered = new Set(answers.map((answer) => answer.queue));
  const last = new Set((await readQueueItems(queue)).items.map(({ id }) => id));
  return [...(await itemsAsked(queue)).values()].filter(({ id }) => answered.has(id) || last.has(id));
}
