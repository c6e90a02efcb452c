import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { ShardSpec } from '../../shards/plan.ts';
import { FailedShards } from '../failed-shards.ts';
import { workerMetrics } from '../metrics/fleet-metrics.ts';
import { type MetricsPlace, serveMetrics } from '../metrics/metrics-server.ts';
import { restAfter } from '../rest-after.ts';
import { SharedRun } from '../shared-run.ts';
import { type Committer, Worker, type WorkerOptions, workerName } from '../worker.ts';
import { HostLeases } from './host-leases.ts';
import { queueKey } from './queue-key.ts';
import { type QueuedShard, ShardQueue } from './shard-queue.ts';
import { shareHosts } from './shared-hosts.ts';
import { WorkerBoard } from './worker-board.ts';

/** So many times may a shard be begun without an end: its workers died, or could not read it. */
const MAX_ATTEMPTS = 3;
const IDLE_MS = 500;
/** Requests at hosts are leased for so long: those of a worker that died come back then. */
const HOST_LEASE_MS = 10_000;
/** Looking what is committed lists a folder of as many files as there are shards. */
const LOOK_AGAIN_MS = 5000;

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

/** What a worker has done. */
export interface QueueWorkReport {
  readonly state: 'done' | 'interrupted';
  readonly committed: number;
  readonly lost: number;
  /** Shards that it named as failed, since they were begun three times without an end. */
  readonly failed: readonly number[];
  /** Given back for others to do. */
  readonly givenBack: number;
}

/**
 * Takes shards from a queue until all of the plan are committed or named as failed. It waits while the queue is empty or not to be reached: others
 * may give shards back, and a coordinator may fill it again.
 *
 * @throws as `Worker`; BowerbirdError BB_QUEUE_UNREACHABLE at the start
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
  reporter.alsoTo((news) => board.tell(news));
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

/** What does the shards that a queue gives. */
export type ShardDoer = Pick<Worker, 'doShards'>;

/** What of a worker's options its way with the queue depends on. */
type TakingOptions = Pick<
  QueueWorkOptions,
  'planned' | 'progress' | 'closing' | 'shardsAtOnce' | 'graceMs'
> & { readonly config: Pick<WorkerOptions['config'], 'outputFolder'> };

/** After so long without a shard a worker says why that may be, once until it has had one. */
const LONG_IDLE_MS = 15_000;
const IDLE_NOTE =
  'The queue has had no shard for this worker for a while, and not all are committed. Others may have the rest in hand; if nobody does, look whether `bowerbird coordinate` runs with this --queue.';

/** The way of a worker with a queue. */
export class QueueWork {
  readonly #worker: ShardDoer;
  readonly #queue: ShardQueue;
  readonly #options: TakingOptions;
  readonly #run: SharedRun;
  readonly #failures: FailedShards;
  /** Each at the place of its number: a map of a million of them would take as much memory again. */
  readonly #specs: readonly ShardSpec[];
  #committed = 0;
  #lost = 0;
  #givenBack = 0;
  #nextLookMs = Number.NEGATIVE_INFINITY;
  #suspect: QueuedShard | undefined;
  readonly #failed: number[] = [];

  constructor(worker: ShardDoer, queue: ShardQueue, options: TakingOptions) {
    this.#worker = worker;
    this.#queue = queue;
    this.#options = options;
    this.#run = new SharedRun(options.config.outputFolder);
    this.#failures = new FailedShards(options.config.outputFolder);
    this.#specs = options.planned.plan.shards;
  }

  async run(): Promise<QueueWorkReport> {
    const { closing } = this.#options;
    let busyAtMs = Date.now();
    while (!closing.aborted) {
      const shards = await this.#take();
      if (shards.length > 0) {
        await this.#do(shards);
        busyAtMs = Date.now();
      } else if (await this.#isAllDone()) return this.#report('done');
      else {
        if (Date.now() - busyAtMs > LONG_IDLE_MS) {
          this.#options.progress.note(IDLE_NOTE);
          busyAtMs = Number.POSITIVE_INFINITY;
        }
        await sleep(IDLE_MS, undefined, { signal: closing }).catch(() => undefined);
      }
    }
    if (this.#suspect) await this.#giveBack(this.#suspect, false);
    return this.#report('interrupted');
  }

  /** Shards that this worker is to do now. One that was begun before without an end is done alone, lest others are blamed for it. */
  async #take(): Promise<QueuedShard[]> {
    if (this.#suspect) {
      const suspect = this.#suspect;
      this.#suspect = undefined;
      return [suspect];
    }
    const taken: QueuedShard[] = [];
    while (taken.length < this.#options.shardsAtOnce && !this.#options.closing.aborted) {
      const shard = await this.#queue.next();
      if (!shard) break;
      const attempts = await this.#attemptsOf(shard);
      if (attempts === undefined) continue;
      if (attempts === 0) taken.push(shard);
      else if (taken.length === 0) return [shard];
      else {
        this.#suspect = shard;
        break;
      }
    }
    return taken;
  }

  /** How often a shard was begun before without an end; undefined where it is not to be done. */
  async #attemptsOf(shard: QueuedShard): Promise<number | undefined> {
    const { shardId } = shard;
    if (!this.#specs[shardId] || (await this.#run.committed(shardId))) {
      await shard.done();
      return undefined;
    }
    const attempts = await this.#queue.begin(shardId);
    if (attempts < MAX_ATTEMPTS) return attempts;
    await this.#failures.add(shardId, attempts);
    this.#failed.push(shardId);
    await this.#end(shard);
    return undefined;
  }

  async #do(shards: readonly QueuedShard[]): Promise<void> {
    const open = new Map(shards.map((shard) => [shard.shardId, shard]));
    const onCommitted = async (shardId: number, by: Committer): Promise<void> => {
      if (by === 'this') this.#committed++;
      if (by === 'another') this.#lost++;
      const shard = open.get(shardId);
      open.delete(shardId);
      if (shard) await this.#end(shard);
    };
    let isTheirFault = false;
    try {
      await this.#worker.doShards(
        shards.map(({ shardId }) => this.#specs[shardId]!),
        { onCommitted, graceMs: this.#options.graceMs },
      );
    } catch (thrown) {
      // Rows that cannot be read are no reason to leave the other shards undone.
      isTheirFault = codeOf(thrown) === 'BB_SHARD_READ';
      if (!isTheirFault) throw thrown;
      this.#options.progress.note(messageOf(thrown));
    } finally {
      for (const shard of open.values()) await this.#giveBack(shard, isTheirFault);
    }
  }

  /** @param isCounted whether the shard keeps the count of its begins, as of workers that died on it */
  async #giveBack(shard: QueuedShard, isCounted: boolean): Promise<void> {
    if (!isCounted) await this.#queue.end(shard.shardId);
    await shard.giveBack();
    this.#givenBack++;
  }

  async #end(shard: QueuedShard): Promise<void> {
    await this.#queue.end(shard.shardId);
    await shard.done();
  }

  /** Whether there is nothing left to wait for, as far as was seen of late. */
  async #isAllDone(): Promise<boolean> {
    const startMs = performance.now();
    if (startMs < this.#nextLookMs) return false;
    const ended = new Set([...(await this.#run.committedIds()), ...(await this.#failures.list())]);
    const endMs = performance.now();
    this.#nextLookMs = endMs + restAfter(endMs - startMs, LOOK_AGAIN_MS);
    return ended.size >= this.#specs.length;
  }

  #report(state: QueueWorkReport['state']): QueueWorkReport {
    return {
      state,
      committed: this.#committed,
      lost: this.#lost,
      failed: this.#failed,
      givenBack: this.#givenBack,
    };
  }
}
