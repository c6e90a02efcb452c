import { workerMetrics } from '../metrics/fleet-metrics.ts';
import { type MetricsPlace, serveMetrics } from '../metrics/metrics-server.ts';
import { Worker, type WorkerOptions, workerName } from '../worker.ts';
import { HostLeases } from './host-leases.ts';
import { queueKey } from './queue-key.ts';
import { QueueWork, type QueueWorkReport } from './queue-work.ts';
import { ShardQueue } from './shard-queue.ts';
import { shareHosts } from './shared-hosts.ts';
import { WorkerBoard } from './worker-board.ts';

/** Requests at hosts are leased for so long: those of a worker that died come back then. */
const HOST_LEASE_MS = 10_000;

/** How a worker works on a queue. */
export interface QueueWorkOptions extends WorkerOptions {
  /** `redis://...` */
  readonly queueUrl: string;
  /** Shards that are asked for at one time. */
  readonly shardsAtOnce: number;
  /** How long those in hand may take once the worker is to stop. */
  readonly graceMs: number | undefined;
  /** Whether limits of hosts are of all workers of the Redis together. */
  readonly sharesHosts: boolean;
  /** Where metrics are served; nowhere where not given. */
  readonly metrics?: MetricsPlace | undefined;
}

/**
 * Takes shards from a queue until all of the plan are committed or named as failed. It waits while the queue is empty or not to be reached: others
 * may give shards back, and a coordinator may fill it again.
 *
 * @throws as `Worker`; BowerbirdError BB_QUEUE_UNREACHABLE at the start, BB_QUEUE_REFUSED later
 */
export async function workOnQueue(options: QueueWorkOptions): Promise<QueueWorkReport> {
  const { planned } = options;
  const name = workerName();
  const key = await queueKey(options.config.outputFolder, planned.digest);
  const queue = await ShardQueue.open(options.queueUrl, key, name);
  try {
    const openHostBudget = options.sharesHosts ? hostsSharedBy(queue, name, options) : undefined;
    const worker = await Worker.start({ ...options, name, openHostBudget });
    try {
      return await workWith(worker, { queue, board: new WorkerBoard(queue.redis, key) }, options);
    } finally {
      await worker.stop();
    }
  } finally {
    await queue.close();
  }
}

async function workWith(
  worker: Worker,
  { queue, board }: { readonly queue: ShardQueue; readonly board: WorkerBoard },
  options: QueueWorkOptions,
): Promise<QueueWorkReport> {
  const { reporter } = worker;
  const registry = options.metrics && workerMetrics(() => reporter.news, queue);
  const metrics = registry && (await serveMetrics(registry, options.metrics));
  if (metrics) options.progress.note(`Metrics: ${metrics.url}`);
  reporter.alsoTo((news) => queue.patience.wait(board.tell(news)));
  await queue.watch();
  return new QueueWork(worker, queue, options).run().finally(() => metrics?.close());
}

function hostsSharedBy(
  queue: ShardQueue,
  name: string,
  { progress }: QueueWorkOptions,
): WorkerOptions['openHostBudget'] {
  const leases = new HostLeases(queue.redis, name, HOST_LEASE_MS);
  return shareHosts({ leases, onNote: (text) => progress.note(text) });
}
