import { join } from 'node:path';
import { lookAtLock, type SeenHolder } from '../../base/lock.ts';
import { readNames } from '../../runs/run-files.ts';
import type { HeardNews } from '../queue/worker-board.ts';
import { readNews, type WorkerNews } from '../worker-news.ts';

/** Who has said nothing for so long counts as gone: its lease is over. */
const GONE_MS = 60_000;

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

/** One that its queue was told of. */
export function heardStatus({ news, silentMs }: HeardNews): WorkerStatus {
  return { ...told(news), ...seen(news, silentMs, silentMs < GONE_MS) };
}

/** A process that does a run alone. */
export function aloneStatus(holder: SeenHolder): WorkerStatus {
  return { ...told(undefined), worker: holder.who, ...seen(undefined, holder.silentMs, holder.isAlive) };
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
    found.push({ ...told(news), worker: name, ...seen(news, holder.silentMs, holder.isAlive) });
  }
  return found.sort((a, b) => (a.worker < b.worker ? -1 : 1));
}

function told(news: WorkerNews | undefined): Omit<WorkerStatus, 'state' | 'heartbeat_seconds_ago'> {
  return {
    worker: news?.worker ?? '',
    in_hand: news?.in_hand ?? [],
    rows_per_second: news?.rows_per_second ?? null,
    shards: news?.shards ?? null,
    rows: news?.rows ?? null,
    reasons: news?.reasons ?? {},
    downloaded_bytes: news?.downloaded_bytes ?? null,
  };
}

function seen(
  news: WorkerNews | undefined,
  silentMs: number,
  isAlive: boolean,
): Pick<WorkerStatus, 'state' | 'heartbeat_seconds_ago'> {
  return {
    state: news?.has_ended ? 'ended' : isAlive ? 'working' : 'gone',
    heartbeat_seconds_ago: silentMs / 1000,
  };
}
