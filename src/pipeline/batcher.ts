import type { BoundedQueue } from '../base/queue.ts';

/** How long the last images of a lull wait for company before a partly filled batch goes out. */
const IDLE_FLUSH_MS = 200;

/**
 * Cuts a queue into batches: a full one as soon as it is there, a partly filled one
 * when nothing has come for a while. Ends with the queue.
 */
export async function* batches<T>(queue: BoundedQueue<T>, batchSize: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  let next = queue.take();
  for (;;) {
    const item = batch.length === 0 ? await next : await withinIdleTime(next);
    if (item === IDLE) {
      yield batch;
      batch = [];
      continue;
    }
    if (item === undefined) break;
    next = queue.take();
    batch.push(item);
    if (batch.length === batchSize) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

const IDLE = Symbol('idle');

async function withinIdleTime<T>(next: Promise<T>): Promise<T | typeof IDLE> {
  let timer: NodeJS.Timeout | undefined;
  const idle = new Promise<typeof IDLE>((resolve) => {
    timer = setTimeout(resolve, IDLE_FLUSH_MS, IDLE);
  });
  try {
    return await Promise.race([next, idle]);
  } finally {
    clearTimeout(timer);
  }
}
