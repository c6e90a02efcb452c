import { readQueueItems } from '../feedback/queue-items.ts';
import type { TrainOptions, TrainProgress } from './options.ts';

/**
 * Tells which answers were asked because something chose them: those of items that are not `random`, and of items that no file has. An answer that
 * names no item was asked by chance. Without queue files nothing is told apart.
 *
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_UNREADABLE
 */
export async function queueJudge(
  { queues }: Pick<TrainOptions, 'queues'>,
  { note }: Pick<TrainProgress, 'note'>,
): Promise<(item: string | undefined) => boolean> {
  if (queues === undefined) return () => false;
  const byChance = new Set<string>();
  for (const path of queues) {
    const { items, problems } = await readQueueItems(path);
    for (const line of problems.notes()) note(line);
    for (const { id, why } of items) if (why === 'random') byChance.add(id);
  }
  return (item) => item !== undefined && !byChance.has(item);
}
