import { createRequire } from 'node:module';
import type { Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { QueueTrouble } from './queue-trouble.ts';
import { keyPrefix, openRedis } from './redis.ts';
import { RedisPatience } from './redis-patience.ts';

/** A job whose worker has not been heard of for this long is given to another. */
export const LEASE_MS = 60_000;
/** Its holder speaks up this often. */
const RENEWAL_MS = 15_000;
/** Redis that restarts makes holders look dead: BullMQ's own count of that may not end a shard. */
const MAX_STALLED = 1_000_000;
/** Jobs that are added by one call. */
const ADDED_AT_ONCE = 1000;
/** Such calls on their way: Redis works on one while the next is made. */
const CALLS_AT_ONCE = 4;

/**
 * A plan may have a million shards. Redis keeps a job in 230 bytes where no field of it is longer than 64; that of its options would be, did each job say
 * for itself that it is to be removed once it has ended.
 */
const NAME = 's';
const REMOVED = { count: 0 };

/** A shard that a worker was given. */
export interface QueuedShard {
  readonly shardId: number;
  /** It is committed, or named as failed: nobody is given it again. Gives whether that was told. */
  done(): Promise<boolean>;
  /** Another worker may have it at once. Gives whether that was told; else it is given to another when the lease ends. */
  giveBack(): Promise<boolean>;
}

/** How many shards a queue has. */
export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
}

interface Connections {
  readonly redis: Redis;
  readonly queue: Queue;
  readonly worker: Worker;
}

/**
 * The shards of one plan that are still to be done, in Redis or Valkey. What it holds is disposable: what is done is known by what is
 * committed, and a queue that is lost is filled again from that.
 */
export class ShardQueue {
  /** What else of the plan is kept there goes by it. */
  readonly redis: Redis;
  /** How long answers are waited for, in all. */
  readonly patience = new RedisPatience();
  /** What keeps it from giving or taking shards. */
  readonly trouble: QueueTrouble;
  readonly #queue: Queue;
  readonly #worker: Worker;
  readonly #token: string;
  readonly #key: string;
  readonly #held = new Map<string, Job>();
  readonly #renewals: NodeJS.Timeout;

  private constructor({ redis, queue, worker }: Connections, url: string, token: string) {
    this.trouble = new QueueTrouble(url);
    this.redis = redis;
    this.#queue = queue;
    this.#worker = worker;
    this.#token = token;
    this.#key = `${queue.name}:begun`;
    this.#renewals = setInterval(() => void this.#renew(), RENEWAL_MS);
    this.#renewals.unref();
  }

  /**
   * @param url `redis://` or `rediss://`, with a password where there is one
   * @param key of the queue, which is of one run (`queueKey`)
   * @param token names who asks
   * @throws BowerbirdError BB_QUEUE_UNREACHABLE where nothing answers there
   */
  static async open(url: string, key: string, token: string): Promise<ShardQueue> {
    const bullmq = library();
    const redis = await openRedis(url);
    const name = keyPrefix(key);
    const connection = redis as never;
    // Whoever only looks on, or comes once all is done, is to leave nothing.
    const queue = new bullmq.Queue(name, { connection, skipMetasUpdate: true });
    const worker = new bullmq.Worker(name, null, {
      connection,
      autorun: false,
      lockDuration: LEASE_MS,
      maxStalledCount: MAX_STALLED,
      removeOnComplete: REMOVED,
      removeOnFail: REMOVED,
    });
    queue.on('error', () => undefined);
    worker.on('error', () => undefined);
    return new ShardQueue({ redis, queue, worker }, url, token);
  }

  /** Adds shards, to be given out in this order; those that are in the queue already stay as they are. */
  async add(shardIds: readonly number[]): Promise<void> {
    // Who dies while it removes a queue leaves it paused.
    await this.#ask('write', this.#queue.resume());
    const atOnce = ADDED_AT_ONCE * CALLS_AT_ONCE;
    for (let from = 0; from < shardIds.length; from += atOnce) {
      const part = shardIds.slice(from, from + atOnce);
      const calls = Array.from({ length: Math.ceil(part.length / ADDED_AT_ONCE) }, (_, i) =>
        this.#addSome(part.slice(i * ADDED_AT_ONCE, (i + 1) * ADDED_AT_ONCE)),
      );
      await Promise.all(calls);
    }
  }

  /** Whether there is a connection now; without one, answers are waited for. */
  get isConnected(): boolean {
    return this.redis.status === 'ready';
  }

  async counts(): Promise<QueueCounts> {
    const {
      waiting = 0,
      active = 0,
      delayed = 0,
      prioritized = 0,
    } = await this.#ask('read', this.#queue.getJobCounts());
    return { waiting: waiting + delayed + prioritized, active };
  }

  /** Has jobs whose workers are gone given to others; until `close`. */
  async watch(): Promise<void> {
    await this.#worker.startStalledCheckTimer();
  }

  /** A shard to do; undefined where none waits, or nobody can be asked. */
  async next(): Promise<QueuedShard | undefined> {
    const asked = this.#worker.getNextJob(this.#token, { block: false });
    const job = (await this.#ask('write', asked).catch(() => undefined)) as Job | undefined;
    if (!job) return undefined;
    this.#held.set(job.id!, job);
    const shardId = job.data as number;
    return {
      shardId,
      done: () => this.#end(job, () => job.moveToCompleted(null, this.#token, false)),
      giveBack: () => this.#end(job, () => job.moveToWait(this.#token)),
    };
  }

  /** Counts a begin of a shard, and gives how many before it had no end. */
  async begin(shardId: number): Promise<number> {
    const counted = this.redis.hincrby(this.#key, `${shardId}`, 1);
    const begun = await this.patience.wait(counted).catch(() => 1);
    return begun - 1;
  }

  /** A shard that was begun has ended, or was given back. */
  async end(shardId: number): Promise<void> {
    await this.patience.wait(this.redis.hdel(this.#key, `${shardId}`)).catch(() => undefined);
  }

  /** Removes all that is kept of the queue, once no shard is open; the last that is asked of it. */
  async forget(): Promise<void> {
    if (!this.isConnected) return;
    // Looking for workers that are gone would leave a key.
    await this.#worker.pause(true);
    const removed = [this.redis.del(this.#key), this.#queue.obliterate({ force: true })];
    await Promise.allSettled(removed.map((answer) => this.patience.wait<unknown>(answer)));
  }

  async close(): Promise<void> {
    clearInterval(this.#renewals);
    this.patience.close();
    await Promise.allSettled([this.#worker.close(true), this.#queue.close()]);
    this.redis.disconnect();
  }

  /** A job that was lost with its queue, or given to another meanwhile, has nothing to end. */
  async #end(job: Job, end: () => Promise<unknown>): Promise<boolean> {
    this.#held.delete(job.id!);
    return this.patience.wait(end()).then(
      () => true,
      () => false,
    );
  }

  async #addSome(shardIds: readonly number[]): Promise<void> {
    const jobs = shardIds.map((id) => ({ name: NAME, data: id, opts: { jobId: `${NAME}${id}` } }));
    await this.#ask('write', this.#queue.addBulk(jobs));
  }

  async #ask<T>(what: 'read' | 'write', answer: Promise<T>): Promise<T> {
    try {
      const answered = await this.patience.wait(answer);
      this.trouble.answered(what);
      return answered;
    } catch (thrown) {
      this.trouble.failed(thrown);
      throw thrown;
    }
  }

  async #renew(): Promise<void> {
    for (const job of this.#held.values()) await job.extendLock(this.#token, LEASE_MS).catch(() => undefined);
  }
}

/** A CommonJS package, which `require` loads in half of the time of an `import`; only where a queue is asked for. */
function library(): typeof import('bullmq') {
  return createRequire(import.meta.url)('bullmq');
}
