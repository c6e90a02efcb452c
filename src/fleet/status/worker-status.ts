import { join } from 'node:path';
import { lookAtLock, type SeenHolder } from '../../base/lock.ts';
import { readNames } from '../../runs/run-files.ts';
import type { HeardNews } from '../queue/worker-board.ts';
import { GONE_MS, newsOfGone, readNews, type WorkerNews } from '../worker-news.ts';

/** A worker, as far as it was heard of. */
export interface WorkerStatus {
  readonly worker: string;
  /** `gone`: without a sign of life for a minute, or its process is seen to have ended. */
  readonly state: 'working' | 'ended' | 'gone';
  readonly heartbeat_seconds_ago: number;
  readonly in_hand: readonly number[];
  /** What it has told; null where it has told nothing yet. */
  readonly rows_per_second: number | null;
  readonly shards: WorkerNews['shards'] | null;
  readonly rows: WorkerNews['rows'] | null;
  readonly reasons: WorkerNews['reasons'];
  readonly downloaded_bytes: number | null;
}

/** One that its queue was told of. @param isSeenGone whether its process is seen to have ended: the kernel of this machine knows sooner than the queue */
export function heardStatus({ news, silentMs }: HeardNews, isSeenGone = false): WorkerStatus {
  return statusOf(news.worker, news, { silentMs, isAlive: silentMs < GONE_MS && !isSeenGone });
}

/** A process that does a run alone. */
export function aloneStatus(holder: SeenHolder): WorkerStatus {
  return statusOf(holder.who, undefined, holder);
}

/** Workers that have a folder in the run: those at work, and those that died and are not buried yet. @param run its folder */
export async function workersInFolder(run: string): Promise<WorkerStatus[]> {
  const found: WorkerStatus[] = [];
  for (const name of await readNames(join(run, '.workers'))) {
    const folder = join(run, '.workers', name);
    // Without a lock it was only just made, or is already buried.
    const holder = await lookAtLock(join(folder, '.lock'));
    if (!holder) continue;
    const news = await readNews(folder);
    found.push(statusOf(name, news, holder));
  }
  return found.sort((a, b) => (a.worker < b.worker ? -1 : 1));
}

function statusOf(
  worker: string,
  news: WorkerNews | undefined,
  { silentMs, isAlive }: Pick<SeenHolder, 'silentMs' | 'isAlive'>,
): WorkerStatus {
  const told = news && !news.has_ended && !isAlive ? newsOfGone(news) : news;
  return {
    worker,
    state: told?.has_ended ? 'ended' : isAlive ? 'working' : 'gone',
    heartbeat_seconds_ago: silentMs / 1000,
    in_hand: told?.in_hand ?? [],
    rows_per_second: told?.rows_per_second ?? null,
    shards: told?.shards ?? null,
    rows: told?.rows ?? null,
    reasons: told?.reasons ?? {},
    downloaded_bytes: told?.downloaded_bytes ?? null,
  };
}
