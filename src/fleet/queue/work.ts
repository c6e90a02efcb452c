import { setTimeout as sleep } from 'node:timers/promises';
import type { ShardSpec } from '../../shards/plan.ts';
import { FailedShards } from '../failed-shards.ts';
import { SharedRun } from '../shared-run.ts';
import { Worker, type WorkerOptions } from '../worker.ts';
import { type QueuedShard, ShardQueue } from './shard-queue.ts';

/** As many workers may die on a shard. */
const MAX_DEATHS = 3;
const IDLE_MS = 500;
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
}

/** What a worker has done. */
export interface QueueWorkReport {
  readonly state: 'done' | 'interrupted';
  readonly committed: number;
  readonly lost: number;
  /** Shards that it named as failed, since workers had died on them. */
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
  const worker = await Worker.start(options);
  try {
    const queue = await ShardQueue.open(options.queueUrl, planned.digest, worker.name);
    try {
      await queue.watch();
      return await new QueueWork(worker, queue, options).run();
    } finally {
      await queue.close();
    }
  } finally {
    await worker.stop();
  }
}

class QueueWork {
  readonly #worker: Worker;
  readonly #queue: ShardQueue;
  readonly #options: QueueWorkOptions;
  readonly #run: SharedRun;
  readonly #failures: FailedShards;
  readonly #specs: ReadonlyMap<number, ShardSpec>;
  #committed = 0;
  #lost = 0;
  #givenBack = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;
  readonly #failed: number[] = [];

  constructor(worker: Worker, queue: ShardQueue, options: QueueWorkOptions) {
    this.#worker = worker;
    this.#queue = queue;
    this.#options = options;
    this.#run = new SharedRun(options.config.outputFolder);
    this.#failures = new FailedShards(options.config.outputFolder);
    this.#specs = new Map(options.planned.plan.shards.map((spec) => [spec.id, spec]));
  }

  async run(): Promise<QueueWorkReport> {
    const { closing } = this.#options;
    while (!closing.aborted) {
      const shards = await this.#take();
      if (shards.length > 0) await this.#do(shards);
      else if (await this.#isAllDone()) return this.#report('done');
      else await sleep(IDLE_MS, undefined, { signal: closing }).catch(() => undefined);
    }
    return this.#report('interrupted');
  }

  /** Shards that this worker is to do now. */
  async #take(): Promise<QueuedShard[]> {
    const taken: QueuedShard[] = [];
    while (taken.length < this.#options.shardsAtOnce && !this.#options.closing.aborted) {
      const shard = await this.#queue.next();
      if (!shard) break;
      if (await this.#isToDo(shard)) taken.push(shard);
    }
    return taken;
  }

  async #isToDo(shard: QueuedShard): Promise<boolean> {
    const { shardId } = shard;
    if (!this.#specs.has(shardId) || (await this.#run.committed(shardId))) {
      await shard.done();
      return false;
    }
    const deaths = await this.#queue.begin(shardId);
    if (deaths < MAX_DEATHS) return true;
    await this.#failures.add(shardId, deaths);
    this.#failed.push(shardId);
    await this.#end(shard);
    return false;
  }

  async #do(shards: readonly QueuedShard[]): Promise<void> {
    const open = new Map(shards.map((shard) => [shard.shardId, shard]));
    const onCommitted = async (shardId: number): Promise<void> => {
      const shard = open.get(shardId);
      open.delete(shardId);
      if (shard) await this.#end(shard);
    };
    try {
      const { committed, lost } = await this.#worker.doShards(
        shards.map(({ shardId }) => this.#specs.get(shardId)!),
        { onCommitted, graceMs: this.#options.graceMs },
      );
      this.#committed += committed;
      this.#lost += lost;
    } finally {
      // Given up, not died on.
      for (const shard of open.values()) {
        await this.#queue.end(shard.shardId);
        await shard.giveBack();
        this.#givenBack++;
      }
    }
  }

  async #end(shard: QueuedShard): Promise<void> {
    await this.#queue.end(shard.shardId);
    await shard.done();
  }

  /** Whether there is nothing left to wait for, as far as was seen of late. */
  async #isAllDone(): Promise<boolean> {
    if (performance.now() - this.#lookedMs < LOOK_AGAIN_MS) return false;
    this.#lookedMs = performance.now();
    const ended = (await this.#run.countCommitted()) + (await this.#failures.list()).length;
    return ended >= this.#specs.size;
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
