import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { remove } from '../base/files.ts';
import { type Lock, takeLock } from '../base/lock.ts';
import type { OpenHostBudget } from '../download/host-budget.ts';
import type { ScoreConfig } from '../pipeline/config.ts';
import { type ImageSupply, imageSupplyFor } from '../pipeline/image-supply.ts';
import { loadModels } from '../pipeline/models.ts';
import { recordOf } from '../pipeline/record.ts';
import type { ScoreFacts } from '../pipeline/score-facts.ts';
import { scoreShards } from '../pipeline/score-shards.ts';
import { unlessClosing } from '../runs/closing.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { describePlan, emptyPlan, planRetry } from '../runs/retry-rule.ts';
import { RunFolder } from '../runs/run-folder.ts';
import type { WantedShard } from '../runs/sort-shards.ts';
import type { ShardStats } from '../runs/stats.ts';
import { resolveThresholds } from '../scores/thresholds.ts';
import type { ShardSpec } from '../shards/plan.ts';
import { withInputsAtHand } from './converted-inputs.ts';
import { InputCheck } from './input-check.ts';
import { LotProgress } from './lot-progress.ts';
import type { PlannedRun } from './plan-file.ts';
import type { ReplacedShards } from './replaced-shards.ts';
import { refuseOther } from './same-plan.ts';
import { refuseOtherVersion } from './same-version.ts';
import { ShardRule } from './shard-rule.ts';
import { SharedRun } from './shared-run.ts';
import { takenForDead } from './taken-for-dead.ts';
import { WorkerReporter } from './worker-reporter.ts';

/** What a worker is started with. */
export interface WorkerOptions {
  readonly config: ScoreConfig;
  readonly planned: PlannedRun;
  readonly progress: ScoreProgress;
  /** When it aborts, no new shard is begun. */
  readonly closing: AbortSignal;
  /** Of `workerName`; a new one where not given. */
  readonly name?: string;
  /** Where hosts are shared with other processes. */
  readonly openHostBudget?: OpenHostBudget | undefined;
  /** Of who holds the run's lock: finished shards with rows to try again (`config.retry`) are replaced. */
  readonly replaced?: ReplacedShards | undefined;
}

/** Who has committed a shard: this worker; another while this one did it as well; one before it. */
export type Committer = 'this' | 'another' | 'before';

/** How shards are done. */
export interface DoingOptions {
  /** Told of each shard that is committed, and by whom; waited for. */
  readonly onCommitted?: (shardId: number, by: Committer) => Promise<void>;
  /** What those in flight may take once the worker is to stop; `--timeout` where not given. */
  readonly graceMs?: number | undefined;
}

/** What a worker works with. */
interface WorkerParts {
  readonly facts: ScoreFacts;
  readonly rule: ShardRule;
  readonly run: SharedRun;
  readonly scratch: RunFolder;
  readonly lock: Lock;
  readonly images: ImageSupply;
}

/** How the shards that a worker was given have ended. */
export interface WorkReport {
  readonly state: 'done' | 'interrupted';
  /** Shards that this worker has committed. */
  readonly committed: number;
  /** Those that it has done and another had committed meanwhile. */
  readonly lost: number;
}

/**
 * One of any number of processes that do the shards of a plan. It holds no lock of the run: it works in a folder of its own, and what it
 * commits is in its place whole, or is another's.
 */
export class Worker {
  readonly name: string;
  readonly reporter: WorkerReporter;
  readonly #options: WorkerOptions;
  readonly #facts: ScoreFacts;
  readonly #rule: ShardRule;
  readonly #run: SharedRun;
  readonly #scratch: RunFolder;
  readonly #lock: Lock;
  readonly #inputs: InputCheck;
  readonly #images: ImageSupply;

  private constructor(
    name: string,
    options: WorkerOptions,
    { facts, rule, run, scratch, lock, images }: WorkerParts,
  ) {
    this.name = name;
    this.#options = options;
    this.#facts = facts;
    this.#rule = rule;
    this.#run = run;
    this.#scratch = scratch;
    this.#lock = lock;
    this.#images = images;
    this.#inputs = new InputCheck(options.planned);
    this.reporter = new WorkerReporter(name, scratch.path, options.progress);
  }

  /**
   * Loads the models and looks whether all is as the plan has it.
   *
   * @throws BowerbirdError BB_RUN_CHANGED naming what differs from the plan, the version that it was made with before all else; as `runScore` before any work
   */
  static async start(options: WorkerOptions): Promise<Worker> {
    const { config, planned, progress, closing } = options;
    refuseOtherVersion(planned.record);
    const rule = new ShardRule(planned);
    progress.enter('loading');
    const models = await unlessClosing(loadModels(config, progress, closing), closing);
    const facts = {
      config,
      plan: planned.plan,
      thresholds: resolveThresholds(config, planned.plan),
      ...models,
    };
    try {
      refuseOther(
        planned.record,
        recordOf(facts),
        'Leave out what the plan says otherwise, or plan into another --output-folder.',
      );
      const run = new SharedRun(options.replaced?.backend ?? config.outputFolder, rule);
      await run.create();
      const { name = workerName() } = options;
      const scratch = new RunFolder(await run.makeWorkFolder(name));
      await scratch.create(config);
      const lock = await takeLock(join(scratch.path, '.lock'), () => takenForDead(scratch.path));
      const plan = await withInputsAtHand(planned.plan, config.outputFolder, scratch);
      // One for all shards, however few are done at a time: what it learns of hosts is not to be learned anew.
      const images = imageSupplyFor({ config, plan }, scratch.staging, options.openHostBudget);
      return new Worker(name, options, { facts: { ...facts, plan }, rule, run, scratch, lock, images });
    } catch (thrown) {
      await stopModels(facts);
      throw thrown;
    }
  }

  /**
   * Does those of the shards that nobody has committed yet.
   *
   * @throws BowerbirdError as `runScore` during its work; BB_RUN_LOCKED where this worker was taken for dead
   */
  async doShards(shards: readonly ShardSpec[], options: DoingOptions = {}): Promise<WorkReport> {
    const lot = new LotProgress(this.#options.progress, shards);
    const shardIds = shards.map(({ id }) => id);
    this.reporter.began(shardIds);
    try {
      return await this.#doLot(shards, lot, options);
    } finally {
      lot.close();
      this.reporter.putDown(shardIds);
    }
  }

  /** Stops the models and removes what was not committed. */
  async stop(): Promise<void> {
    await this.reporter.end();
    await this.#images.close();
    await stopModels(this.#facts);
    await this.#lock.release();
    await remove(this.#scratch.path);
  }

  async #doLot(
    shards: readonly ShardSpec[],
    lot: LotProgress,
    { onCommitted, graceMs }: DoingOptions,
  ): Promise<WorkReport> {
    const { progress, closing, replaced } = this.#options;
    const wanted = await this.#sort(shards, lot, onCommitted);
    const earlier = new Map(wanted.flatMap(({ spec, finished }) => (finished ? [[spec.id, finished]] : [])));
    await this.#inputs.check(wanted.map(({ spec }) => spec));
    let [committed, lost] = [0, 0];
    progress.enter('scoring');
    const place = { folder: this.#scratch, lock: this.#lock };
    const deliver = async (stats: ShardStats): Promise<void> => {
      const isOurs = await this.#deliver(stats, earlier.get(stats.shard_id));
      if (isOurs) committed++;
      else lost++;
      lot.ended(stats);
      this.reporter.committed(stats, isOurs);
      await onCommitted?.(stats.shard_id, isOurs ? 'this' : 'another');
    };
    if (closing.aborted) return { state: 'interrupted', committed, lost };
    if (wanted.length === 0) return { state: 'done', committed, lost };
    const destination = {
      ...{ place, progress, closing, onCommitted: deliver, graceMs, images: this.#images },
      fetchFinished: replaced && ((stats: ShardStats) => replaced.fetch(stats, this.#scratch)),
    };
    const state = await scoreShards(this.#facts, destination, wanted).catch((thrown: unknown) => {
      // Whatever fails then fails for that.
      throw existsSync(this.#scratch.path) ? thrown : takenForDead(this.#scratch.path, thrown);
    });
    return { state, committed, lost };
  }

  /** Those that are to do: that nobody has committed or, where finished shards are replaced, that have rows to try again. */
  async #sort(
    shards: readonly ShardSpec[],
    lot: LotProgress,
    onCommitted: DoingOptions['onCommitted'],
  ): Promise<WantedShard[]> {
    const { config, progress, replaced } = this.#options;
    const retry = replaced && config.retry;
    const [plan, nowMs] = [emptyPlan(), Date.now()];
    const wanted: WantedShard[] = [];
    for (const spec of shards) {
      const stats = await this.#run.committed(spec.id);
      const rows = stats && retry ? planRetry(stats, retry, { plan, nowMs }) : 0;
      if (stats && rows > 0) {
        lot.triedAgain(stats, rows);
        wanted.push({ spec, finished: stats });
      } else if (stats) {
        lot.resumed(stats);
        await onCommitted?.(spec.id, 'before');
      } else wanted.push({ spec });
    }
    if (retry) progress.note(describePlan(plan));
    return wanted;
  }

  /** @param earlier what the shard was before, where it is finished */
  async #deliver(stats: ShardStats, earlier: ShardStats | undefined): Promise<boolean> {
    await this.#lock.assertHeld();
    const { name } = this;
    const done = { ...stats, plan: this.#rule.digestOf(stats.shard_id), worker: name };
    const scratch = this.#scratch;
    const { replaced } = this.#options;
    if (earlier && replaced) await replaced.replace(name, done, { earlier, scratch });
    const isOurs = earlier ? true : (await this.#run.commit(name, done)).isOurs;
    await remove(scratch.stats(stats.shard_id));
    return isOurs;
  }
}

async function stopModels({ encoder, decoder, tagModels }: ScoreFacts): Promise<void> {
  await Promise.all([encoder, decoder, ...tagModels].map((part) => part.stop()));
}

/** Its machine's name, for people, and a part that nobody else has. */
export function workerName(): string {
  return `${hostname().replace(/[^\w.-]/g, '_')}-${randomUUID()}`;
}
