import type { Registry } from 'prom-client';
import type { FleetState } from '../queue/fleet-state.ts';
import type { QueueCounts } from '../queue/shard-queue.ts';
import type { HeardNews } from '../queue/worker-board.ts';
import { GONE_MS, newsOfGone, type WorkerNews } from '../worker-news.ts';
import { type Reading, registryOf } from './registry.ts';

type Values = Reading['values'];

const WORKER_METRICS: readonly Omit<Reading, 'values'>[] = [
  counter('shards_total', 'Shards that a worker has finished: committed, or lost to another that came first'),
  counter('rows_total', 'Rows of the shards that a worker has committed'),
  counter('row_failures_total', 'Failed rows of the shards that a worker has committed, by reason'),
  counter('downloaded_bytes_total', 'Bytes of the images that came to a worker'),
  gauge('shards_in_hand', 'Shards that a worker works on'),
  gauge('rows_per_second', 'Rows that ended at a worker, over the last minute'),
];

const QUEUE_METRICS: readonly Omit<Reading, 'values'>[] = [
  gauge('queue_shards', 'Shards in the queue, waiting or given out'),
  gauge('queue_up', '1 where Redis answers'),
];

const RUN_METRICS: readonly Omit<Reading, 'values'>[] = [
  gauge('run_shards', 'Shards of the run: committed, failed or open'),
  gauge('worker_silent_seconds', 'Since a worker was last heard of; of one that has ended, not given'),
];

/** What can be asked for metrics of a queue. */
export interface AskedQueue {
  /** Whether there is a connection: without one, answers would be waited for. */
  readonly isConnected: boolean;
  counts(): Promise<QueueCounts>;
}

/** Of one worker, and the queue that it takes shards from. */
export function workerMetrics(newsOf: () => WorkerNews, queue: AskedQueue): Registry {
  return registryOf([...WORKER_METRICS, ...QUEUE_METRICS], async () => {
    return new Map([...workerValues([newsOf()]), ...(await queueValues(queue))]);
  });
}

/** Of a run: its shards, its queue, and each worker that was heard of in the last day. */
export function runMetrics(
  stateOf: () => FleetState | undefined,
  queue: AskedQueue,
  hear: () => Promise<readonly HeardNews[]>,
): Registry {
  return registryOf([...RUN_METRICS, ...WORKER_METRICS, ...QUEUE_METRICS], async () => {
    const heard = queue.isConnected ? await hear().catch((): HeardNews[] => []) : [];
    const silent = heard.filter(({ news }) => !news.has_ended);
    return new Map<string, Values>([
      ...workerValues(heard.map(({ news, silentMs }) => (silentMs < GONE_MS ? news : newsOfGone(news)))),
      ...(await queueValues(queue)),
      [named('run_shards'), shardValues(stateOf())],
      [
        named('worker_silent_seconds'),
        silent.map(({ news: { worker }, silentMs }) => ({ labels: { worker }, value: silentMs / 1000 })),
      ],
    ]);
  });
}

function workerValues(all: readonly WorkerNews[]): Map<string, Values> {
  const each = (valuesOf: (news: WorkerNews) => readonly [Record<string, string>, number][]): Values =>
    all.flatMap((news) =>
      valuesOf(news).map(([labels, value]) => ({ labels: { worker: news.worker, ...labels }, value })),
    );
  return new Map([
    [
      named('shards_total'),
      each(({ shards }) => Object.entries(shards).map(([result, n]) => [{ result }, n])),
    ],
    [named('rows_total'), each(({ rows }) => Object.entries(rows).map(([result, n]) => [{ result }, n]))],
    [
      named('row_failures_total'),
      each(({ reasons }) => Object.entries(reasons).map(([reason, n]) => [{ reason }, n])),
    ],
    [named('downloaded_bytes_total'), each(({ downloaded_bytes }) => [[{}, downloaded_bytes]])],
    [named('shards_in_hand'), each(({ in_hand }) => [[{}, in_hand.length]])],
    [
      named('rows_per_second'),
      each(({ rows_per_second, has_ended }) => [[{}, has_ended ? 0 : rows_per_second]]),
    ],
  ]);
}

async function queueValues(queue: AskedQueue): Promise<Map<string, Values>> {
  const counts = queue.isConnected ? await queue.counts().catch(() => undefined) : undefined;
  const states: [string, number][] = counts ? Object.entries(counts) : [];
  return new Map<string, Values>([
    [named('queue_shards'), states.map(([state, value]) => ({ labels: { state }, value }))],
    [named('queue_up'), [{ labels: {}, value: counts ? 1 : 0 }]],
  ]);
}

function shardValues(state: FleetState | undefined): Values {
  if (!state) return [];
  const { shards, committed, failed } = state;
  const states = { committed, failed: failed.length, open: shards - committed - failed.length };
  return Object.entries(states).map(([name, value]) => ({ labels: { state: name }, value }));
}

function counter(name: string, help: string): Omit<Reading, 'values'> {
  return { name: named(name), help, type: 'counter' };
}

function gauge(name: string, help: string): Omit<Reading, 'values'> {
  return { name: named(name), help, type: 'gauge' };
}

function named(name: string): string {
  return `bowerbird_fleet_${name}`;
}
