import { join } from 'node:path';
import { BowerbirdError } from '../../base/errors.ts';
import { lookAtLock } from '../../base/lock.ts';
import { isRemote } from '../../storage/storage.ts';
import { backendOf } from '../backend-of.ts';
import { FailedShards } from '../failed-shards.ts';
import { type Obstacles, obstaclesOf } from '../obstacles.ts';
import { standingQueueKey } from '../queue/queue-key.ts';
import { ShardQueue } from '../queue/shard-queue.ts';
import { WorkerBoard } from '../queue/worker-board.ts';
import type { RunBackend } from '../run-backend.ts';
import { SharedRun } from '../shared-run.ts';
import { StatsSample } from '../stats-sample.ts';
import { type RunFacts, readRunFacts } from './run-facts.ts';
import { aloneStatus, heardStatus, type WorkerStatus, workersInFolder } from './worker-status.ts';

/** How far a run is, and who is at work. Counts are of shards where nothing else is said. */
export interface RunStatus extends Obstacles {
  /**
   * `stopped`: shards are open, and nobody is seen at work. `unseen`: workers of a run in object storage are seen by their queue alone.
   * `replacing`: none is open, and some are partly old and partly new. `damaged`: none is open, and some do not count.
   */
  readonly state: 'done' | 'working' | 'stopped' | 'unseen' | 'replacing' | 'damaged';
  readonly shards: {
    readonly all: number;
    readonly committed: number;
    /** With workers now; null where they are not seen, or the run is one process's, which tells nothing before it commits. */
    readonly in_hand: number | null;
    /** Neither committed nor failed nor in hand. */
    readonly waiting: number;
    readonly failed: number;
  };
  /** Numbers of shards that are given to nobody any more. */
  readonly failed_shards: readonly number[];
  readonly rows: { readonly all: number; readonly committed: number };
  /** Of late; null where nobody is at work, or nothing is known yet. */
  readonly rows_per_second: number | null;
  readonly seconds_left: number | null;
  /** Rows of committed shards that failed, as far as their stats were read. */
  readonly failures: {
    readonly shards_read: number;
    readonly rows_read: number;
    readonly rows: number;
    readonly reasons: Readonly<Record<string, number>>;
  };
  readonly workers: readonly WorkerStatus[];
  /** Shards in the queue; null without one, or where it cannot be reached now. */
  readonly queue: { readonly waiting: number; readonly active: number } | null;
}

/** Looks at a run as often as it is asked, and changes nothing of it. */
export class StatusReader {
  readonly #backend: RunBackend;
  readonly #run: SharedRun;
  readonly #facts: RunFacts;
  readonly #queue: ShardQueue | undefined;
  readonly #board: WorkerBoard | undefined;
  readonly #failures: FailedShards;
  readonly #sample: StatsSample;

  private constructor(backend: RunBackend, facts: RunFacts, queue?: ShardQueue, board?: WorkerBoard) {
    this.#backend = backend;
    this.#run = new SharedRun(backend);
    this.#facts = facts;
    this.#queue = queue;
    this.#board = board;
    this.#failures = new FailedShards(backend.at);
    this.#sample = new StatsSample(backend, facts.rule);
  }

  /**
   * @param queueUrl of the queue that the workers take shards from, where they do
   * @throws BowerbirdError BB_USAGE where there is no run, BB_PLAN_CORRUPT, BB_RUN_CORRUPT, BB_QUEUE_UNREACHABLE
   */
  static async open(path: string, queueUrl?: string): Promise<StatusReader> {
    const backend = backendOf(path);
    const facts = await readRunFacts(backend);
    if (queueUrl === undefined) return new StatusReader(backend, facts);
    if (facts.digest === undefined)
      throw new BowerbirdError(
        'BB_USAGE',
        `${path} has no plan.json: one process does its run, and takes no shards from a queue. Leave out --queue.`,
        { fields: { path } },
      );
    // Where nobody has asked for a queue yet, an empty one stands for it.
    const key = (await standingQueueKey(path, facts.digest)) ?? facts.digest;
    const queue = await ShardQueue.open(queueUrl, key, 'status');
    return new StatusReader(backend, facts, queue, new WorkerBoard(queue.redis, key));
  }

  async look(): Promise<RunStatus> {
    const committed = await this.#run.committedIds();
    await this.#sample.update(committed);
    const isCommitted = new Set(committed);
    const failed = (await this.#failures.list()).filter((id) => !isCommitted.has(id));
    const obstacles = await obstaclesOf(this.#backend, this.#sample);
    const queue = (await this.#queue?.counts().catch(() => undefined)) ?? null;
    const workers = await this.#workers();
    const open = this.#facts.shards - committed.length - failed.length;
    const inHand = this.#inHand(workers, isCommitted);
    const rows = { all: this.#facts.rows, committed: this.#rowsOf(committed) };
    const isWorking = workers.some(({ state }) => state === 'working');
    const rate = (isWorking || !this.#isSeen) && open > 0 ? this.#rowsPerSecond(workers) : undefined;
    const { shards: shards_read, rows: rows_read, failed: failedRows, reasons } = this.#sample.totals();
    const left = Math.max(0, rows.all - rows.committed - this.#rowsOf(failed));
    return {
      state: open > 0 ? this.#stateOfOpen(isWorking) : stateOfWhole(obstacles),
      shards: {
        ...{ all: this.#facts.shards, committed: committed.length, in_hand: inHand },
        waiting: Math.max(0, open - (inHand ?? 0)),
        failed: failed.length,
      },
      ...{ failed_shards: failed, ...obstacles, rows },
      rows_per_second: rate ?? null,
      seconds_left: rate ? left / rate : null,
      failures: { shards_read, rows_read, rows: failedRows, reasons },
      ...{ workers, queue },
    };
  }

  #stateOfOpen(isWorking: boolean): RunStatus['state'] {
    if (isWorking) return 'working';
    return this.#isSeen ? 'stopped' : 'unseen';
  }

  async close(): Promise<void> {
    await this.#queue?.close();
  }

  /** Whether workers could be seen, were there any. */
  get #isSeen(): boolean {
    return this.#board !== undefined || !isRemote(this.#backend.at);
  }

  /** Those that tell their queue, else those that have a folder in the run; for a run of one process, that. */
  async #workers(): Promise<WorkerStatus[]> {
    const { at } = this.#backend;
    if (this.#facts.digest === undefined) {
      const holder = await lookAtLock(join(at, '.lock'));
      return holder ? [aloneStatus(holder)] : [];
    }
    const inFolder = isRemote(at) ? [] : await workersInFolder(at);
    const heard = (await this.#board?.read().catch(() => [])) ?? [];
    const isGone = new Set(inFolder.flatMap(({ worker, state }) => (state === 'gone' ? [worker] : [])));
    const told = heard.map((each) => heardStatus(each, isGone.has(each.news.worker)));
    const names = new Set(told.map(({ worker }) => worker));
    return [...told, ...inFolder.filter(({ worker }) => !names.has(worker))];
  }

  #inHand(workers: readonly WorkerStatus[], isCommitted: ReadonlySet<number>): number | null {
    if (this.#facts.digest === undefined || !this.#isSeen) return null;
    const ids = workers
      .filter(({ state }) => state === 'working')
      .flatMap(({ in_hand }) => in_hand)
      .filter((id) => !isCommitted.has(id));
    return new Set(ids).size;
  }

  #rowsPerSecond(workers: readonly WorkerStatus[]): number | undefined {
    const told = workers.reduce((sum, { state, rows_per_second }) => {
      return state === 'working' ? sum + (rows_per_second ?? 0) : sum;
    }, 0);
    return told > 0 ? told : this.#sample.rowsPerSecond(Date.now());
  }

  #rowsOf(ids: readonly number[]): number {
    const { rowsOfShard, shards, rows } = this.#facts;
    if (!rowsOfShard) return shards === 0 ? 0 : Math.round((rows * ids.length) / shards);
    return ids.reduce((sum, id) => sum + (rowsOfShard[id] ?? 0), 0);
  }
}

function stateOfWhole({ replacing, damaged }: Obstacles): RunStatus['state'] {
  if (damaged.length > 0) return 'damaged';
  return replacing.length > 0 ? 'replacing' : 'done';
}
