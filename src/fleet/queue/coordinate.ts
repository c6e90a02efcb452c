import { setTimeout as sleep } from 'node:timers/promises';
import { backendOf } from '../backend-of.ts';
import { FailedShards } from '../failed-shards.ts';
import { runMetrics } from '../metrics/fleet-metrics.ts';
import { type MetricsPlace, type MetricsServer, serveMetrics } from '../metrics/metrics-server.ts';
import { findObstacles, type Obstacles } from '../obstacles.ts';
import type { PlannedRun } from '../plan-file.ts';
import { restAfter } from '../rest-after.ts';
import { ShardRule } from '../shard-rule.ts';
import { SharedRun } from '../shared-run.ts';
import { spread } from '../spread.ts';
import type { FleetState } from './fleet-state.ts';
import { queueKey } from './queue-key.ts';
import { ShardQueue } from './shard-queue.ts';
import { WorkerBoard } from './worker-board.ts';

/** What is open is looked for anew this often. */
const ROUND_MS = 2000;
/** A queue that has fewer shards than are open is filled again: Redis may have lost it. */
const REFILL_ROUNDS = 5;
/** Told to stop, it waits for no answer any longer than this. */
const STOPPING_MS = 1000;

/** What a coordinator coordinates. */
export interface CoordinateOptions {
  readonly outputFolder: string;
  readonly planned: PlannedRun;
  readonly queueUrl: string;
  /** Has shards that workers died on tried again. */
  readonly retryFailed: boolean;
  /** Told of the state in each round. */
  readonly onState: (state: FleetState) => void;
  readonly signal: AbortSignal;
  /** Where metrics are served; nowhere where not given. */
  readonly metrics?: MetricsPlace | undefined;
  /** Told where they are. */
  readonly onMetrics: (url: string) => void;
}

/** The last state, and what is in the way of a merge where no shard is open. */
export type CoordinateReport = FleetState & Obstacles;

/**
 * Fills the queue with the shards of a plan that are not committed, and watches until none is open. What it knows it knows from the run
 * folder: another that is started later, on whatever machine and with whatever Redis, goes on.
 *
 * @throws BowerbirdError BB_QUEUE_UNREACHABLE at the start, BB_QUEUE_REFUSED later
 */
export async function coordinate(options: CoordinateOptions): Promise<CoordinateReport> {
  const { outputFolder, planned, signal } = options;
  const failures = new FailedShards(outputFolder);
  const key = await queueKey(outputFolder, planned.digest);
  const queue = await ShardQueue.open(options.queueUrl, key, `coordinator-${process.pid}`);
  let metrics: MetricsServer | undefined;
  try {
    const coordinator = new Coordinator(queue, new WorkerBoard(queue.redis, key), failures, options);
    metrics = await coordinator.serveMetrics();
    if (metrics) options.onMetrics(metrics.url);
    await queue.watch();
    const state = await coordinator.run(signal);
    const isWhole = state.committed === state.shards;
    const obstacles = isWhole && (await findObstacles(backendOf(outputFolder), new ShardRule(planned)));
    return { ...state, ...(obstacles || { replacing: [], damaged: [] }) };
  } finally {
    await metrics?.close();
    await queue.close();
  }
}

/** What a coordinator sees in a round. */
interface Look {
  readonly state: FleetState;
  readonly ended: ReadonlySet<number>;
  /** What it took to find what is committed and failed. */
  readonly listedMs: number;
}

class Coordinator {
  readonly #queue: ShardQueue;
  readonly #board: WorkerBoard;
  readonly #failures: FailedShards;
  readonly #options: CoordinateOptions;
  readonly #run: SharedRun;
  /** Whether named failures are still to be given to the queue again. */
  #retriesFailed: boolean;
  #state: FleetState | undefined;

  constructor(queue: ShardQueue, board: WorkerBoard, failures: FailedShards, options: CoordinateOptions) {
    this.#queue = queue;
    this.#board = board;
    this.#failures = failures;
    this.#options = options;
    this.#run = new SharedRun(options.outputFolder);
    this.#retriesFailed = options.retryFailed;
  }

  /** Where that is asked for. @throws BowerbirdError BB_LISTEN */
  async serveMetrics(): Promise<MetricsServer | undefined> {
    const { metrics } = this.#options;
    if (!metrics) return undefined;
    return serveMetrics(
      runMetrics(
        () => this.#state,
        this.#queue,
        () => this.#board.read(),
      ),
      metrics,
    );
  }

  async run(signal: AbortSignal): Promise<FleetState> {
    const onAbort = (): void => this.#queue.patience.endIn(STOPPING_MS);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    return this.#watch(signal).finally(() => signal.removeEventListener('abort', onAbort));
  }

  async #watch(signal: AbortSignal): Promise<FleetState> {
    let wasAway = false;
    for (let round = 0; ; round++) {
      const { state, ended, listedMs } = await this.#look();
      this.#state = state;
      this.#options.onState(state);
      const open = state.shards - ended.size;
      if (open === 0) await this.#queue.forget();
      if (open === 0 || signal.aborted) return state;
      const { trouble } = this.#queue;
      const lacks = state.waiting + state.active < open;
      if (state.isQueueUp && !lacks) trouble.answered('write');
      trouble.giveUpIfLasting();
      // Redis that comes back may be empty, and all workers wait.
      const isDue = wasAway || trouble.text !== undefined || round % REFILL_ROUNDS === 0;
      if (state.isQueueUp && isDue && lacks) await this.#refill(ended);
      wasAway = !state.isQueueUp;
      await sleep(restAfter(listedMs, ROUND_MS), undefined, { signal }).catch(() => undefined);
    }
  }

  /** How far the plan is, and which of its shards are committed or failed. */
  async #look(): Promise<Look> {
    const startMs = performance.now();
    // Of a large run the set is what a round costs: it is made once.
    const ended = new Set(await this.#run.committedIds());
    const committed = ended.size;
    // Some worker may have done one of them all the same.
    const named = this.#retriesFailed ? [] : await this.#failures.list();
    const failed = named.filter((id) => !ended.has(id));
    for (const id of failed) ended.add(id);
    // A wait for Redis is not what a look costs the run's folder.
    const listedMs = performance.now() - startMs;
    const counts = await this.#queue.counts().catch(() => undefined);
    const shards = this.#options.planned.plan.shards.length;
    const isQueueUp = counts !== undefined;
    const { text: trouble } = this.#queue.trouble;
    const up = { isQueueUp, trouble, ...(counts ?? { waiting: 0, active: 0 }) };
    const state = { shards, committed, failed, ...up };
    return { state, ended, listedMs };
  }

  async #refill(ended: ReadonlySet<number>): Promise<void> {
    const ids = this.#options.planned.plan.shards.map(({ id }) => id);
    try {
      await this.#queue.add(spread(ids.filter((id) => !ended.has(id))));
    } catch {
      // What it answered is told with the state.
      return;
    }
    if (!this.#retriesFailed) return;
    // Not before a queue has taken them.
    await this.#failures.clear();
    this.#retriesFailed = false;
  }
}
