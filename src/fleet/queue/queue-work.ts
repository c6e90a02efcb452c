import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { ShardSpec } from '../../shards/plan.ts';
import { FailedShards } from '../failed-shards.ts';
import { restAfter } from '../rest-after.ts';
import { ShardRule } from '../shard-rule.ts';
import { SharedRun } from '../shared-run.ts';
import type { Committer, Worker, WorkerOptions } from '../worker.ts';
import type { QueuedShard, ShardQueue } from './shard-queue.ts';

/** So many times may a shard be begun without an end: its workers died, or could not read it. */
const MAX_ATTEMPTS = 3;
const IDLE_MS = 500;
/** What giving shards up takes beyond the grace. */
const GIVING_UP_MS = 1000;
/** So long may Redis take to have them back, where no more is left of the grace. */
const GIVING_BACK_MS = 2000;
/** Looking what is committed lists a folder of as many files as there are shards. */
const LOOK_AGAIN_MS = 5000;

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

/** What does the shards that a queue gives. */
export type ShardDoer = Pick<Worker, 'doShards'>;

/** What of a worker's options its way with the queue depends on. */
interface TakingOptions extends Pick<WorkerOptions, 'planned' | 'progress' | 'closing'> {
  /** Shards that are asked for at one time. */
  readonly shardsAtOnce: number;
  /** How long those in hand may take once the worker is to stop; `--timeout` where not given. */
  readonly graceMs: number | undefined;
  readonly config: Pick<WorkerOptions['config'], 'outputFolder'> & {
    readonly download: Pick<WorkerOptions['config']['download'], 'timeoutMs'>;
  };
}

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
  #toldTrouble: string | undefined;
  /** When the grace of a worker that was told to stop is over. */
  #graceEndMs = Number.POSITIVE_INFINITY;

  constructor(worker: ShardDoer, queue: ShardQueue, options: TakingOptions) {
    this.#worker = worker;
    this.#queue = queue;
    this.#options = options;
    this.#run = new SharedRun(options.config.outputFolder, new ShardRule(options.planned));
    this.#failures = new FailedShards(options.config.outputFolder);
    this.#specs = options.planned.plan.shards;
  }

  async run(): Promise<QueueWorkReport> {
    const { closing } = this.#options;
    const onClosing = (): void => this.#beginGrace();
    if (closing.aborted) onClosing();
    else closing.addEventListener('abort', onClosing, { once: true });
    try {
      return await this.#takeAndDo();
    } finally {
      closing.removeEventListener('abort', onClosing);
    }
  }

  /** From now on nothing waits for Redis beyond the grace, and what giving up and giving back take. */
  #beginGrace(): void {
    const { graceMs = this.#options.config.download.timeoutMs } = this.#options;
    this.#graceEndMs = performance.now() + graceMs;
    this.#queue.patience.endIn(graceMs + GIVING_UP_MS + GIVING_BACK_MS);
  }

  async #takeAndDo(): Promise<QueueWorkReport> {
    const { closing } = this.#options;
    let busyAtMs = Date.now();
    while (!closing.aborted) {
      const shards = await this.#take();
      if (shards.length > 0) {
        await this.#do(shards);
        busyAtMs = Date.now();
      } else if (await this.#isAllDone()) {
        // The coordinator may have gone before this worker came.
        await this.#queue.forget();
        return this.#report('done');
      } else {
        this.#tellTrouble();
        if (this.#toldTrouble === undefined && Date.now() - busyAtMs > LONG_IDLE_MS) {
          this.#options.progress.note(IDLE_NOTE);
          busyAtMs = Number.POSITIVE_INFINITY;
        }
        await sleep(IDLE_MS, undefined, { signal: closing }).catch(() => undefined);
      }
    }
    await this.#giveBack(this.#suspect ? [this.#suspect] : [], false);
    return this.#report('interrupted');
  }

  /** @throws BowerbirdError BB_QUEUE_REFUSED */
  #tellTrouble(): void {
    const { trouble } = this.#queue;
    trouble.giveUpIfLasting();
    if (trouble.text === this.#toldTrouble) return;
    this.#toldTrouble = trouble.text;
    this.#options.progress.note(trouble.text ?? 'The queue answers again.');
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
    const told: Promise<boolean>[] = [];
    const onCommitted = async (shardId: number, by: Committer): Promise<void> => {
      if (by === 'this') this.#committed++;
      if (by === 'another') this.#lost++;
      const shard = open.get(shardId);
      open.delete(shardId);
      // Not waited for here: a Redis that does not answer is to hold up no other shard, nor its own end.
      if (shard) told.push(this.#end(shard));
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
      const back = this.#giveBack([...open.values()], isTheirFault);
      const [areTold] = await Promise.all([Promise.all(told), back]);
      this.#noteUntold(areTold);
    }
  }

  /**
   * Side by side: a Redis that does not answer is waited for once.
   *
   * @param isCounted whether the shards keep the count of their begins, as of workers that died on them
   */
  async #giveBack(shards: readonly QueuedShard[], isCounted: boolean): Promise<void> {
    if (this.#options.closing.aborted)
      this.#queue.patience.endIn(Math.max(GIVING_BACK_MS, this.#graceEndMs - performance.now()));
    const areBack = await Promise.all(
      shards.map(async (shard) => {
        // Redis does one after the other as they are sent: whoever has the shard next begins it after this.
        const ended = isCounted ? undefined : this.#queue.end(shard.shardId);
        const [isBack] = await Promise.all([shard.giveBack(), ended]);
        return isBack;
      }),
    );
    const back = areBack.filter((isBack) => isBack).length;
    this.#givenBack += back;
    if (back < shards.length)
      this.#options.progress.note(
        `${shards.length - back} shards could not be given back, since Redis does not answer: others are given them when their leases end.`,
      );
  }

  /** @param areTold of each committed shard, whether Redis has taken that it is done */
  #noteUntold(areTold: readonly boolean[]): void {
    const untold = areTold.filter((isTold) => !isTold).length;
    // One that comes back asks anew; who is told to stop does not wait for that.
    if (untold > 0 && this.#options.closing.aborted)
      this.#options.progress.note(
        `${untold} shards are committed, and Redis has not answered that it knows: whoever is given them again finds them done.`,
      );
  }

  async #end(shard: QueuedShard): Promise<boolean> {
    await this.#queue.end(shard.shardId);
    return shard.done();
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
