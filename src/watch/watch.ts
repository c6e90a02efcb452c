import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BowerbirdError, codeOf } from '../base/errors.ts';
import { recoverSwaps } from '../base/swap.ts';
import type { CollectListeners, CollectOptions, CollectResult } from '../collect/collect.ts';
import { runCollect } from '../collect/collect.ts';
import { COLLECTION_FILES } from '../collect/collection.ts';
import { numberedFiles, numberOf } from '../collect/numbered-files.ts';
import type { ScoreConfig } from '../pipeline/config.ts';
import type { RunOutcome } from '../runs/finish.ts';
import { type RunRecord, readRunRecord } from '../runs/run-record.ts';
import { runSubset } from '../subset/subset.ts';
import { readKept } from './kept-rows.ts';
import { addToQueue, type QueueQuestion } from './review-queue.ts';
import { WatchFolder } from './watch-folder.ts';

/** What a run of a cycle is made of, and where. */
export type RunPlan = Pick<ScoreConfig, 'inputs' | 'outputFolder' | 'incrementalMode'>;

/** What is watched, and what becomes of it. */
export interface WatchOptions extends QueueQuestion {
  readonly folder: string;
  /** The flag that names the folder, for advice. */
  readonly flag: string;
  readonly collect: Omit<CollectOptions, 'folder' | 'flag'>;
  /** How shards are scored; rows above its thresholds are kept. */
  readonly scoreOf: (plan: RunPlan) => ScoreConfig;
  readonly threads: number;
  /** Of reading and writing tables. */
  readonly memoryLimitMb: number;
  /** The command as it was typed. */
  readonly command: string;
}

/** What a watch is told with, and what scores for it. */
export interface WatchTools extends CollectListeners {
  readonly score: (config: ScoreConfig) => Promise<RunOutcome>;
}

/** What one run of a watch came to. */
export interface Cycle {
  readonly run: string;
  readonly rows: number;
  readonly scored: number;
  readonly kept: number;
  /** Where what is kept can be reviewed; undefined where nothing is. */
  readonly review?: string;
}

/** What a call did. */
export interface WatchResult {
  readonly folder: string;
  /** undefined where the feed failed. */
  readonly collected: CollectResult | undefined;
  /** Most often one; more where an earlier call was stopped; none where nothing is new. */
  readonly cycles: readonly Cycle[];
  readonly queue: string;
  readonly added: number;
  /** undefined where nothing was looked at. */
  readonly queued: number | undefined;
  /** Ended by Ctrl-C. */
  readonly isInterrupted: boolean;
  /** What the feed failed with, once all that had come was done. */
  readonly feedError: BowerbirdError | undefined;
}

/**
 * One cycle: collects what is new, scores it in a run of its own, makes a subset of what is above the thresholds, and adds that to the
 * queue. Each step is known by what it leaves, so that a call goes on where a killed one ended, and does nothing where nothing is new.
 *
 * @throws BowerbirdError BB_RUN_LOCKED where another call is at work; as `runCollect` but for the feed's own errors, `runScore` and `runSubset`; the
 *   signal's reason
 */
export async function runWatch(options: WatchOptions, tools: WatchTools): Promise<WatchResult> {
  const folder = await WatchFolder.open(options.folder, options.flag);
  try {
    return await new Watch(options, tools, folder).run();
  } finally {
    await folder.close();
  }
}

class Watch {
  readonly #options: WatchOptions;
  readonly #tools: WatchTools;
  readonly #folder: WatchFolder;

  constructor(options: WatchOptions, tools: WatchTools, folder: WatchFolder) {
    this.#options = options;
    this.#tools = tools;
    this.#folder = folder;
  }

  async run(): Promise<WatchResult> {
    const folder = this.#folder;
    const { collected, feedError } = await this.#collect();
    const cycles: Cycle[] = [];
    let [added, queued]: [number, number | undefined] = [0, undefined];
    let isInterrupted = false;
    for (let pending = this.#pending(); pending.length > 0; pending = this.#pending()) {
      const begun = await begunRun(folder.run(folder.state.nextRun));
      const cycle = await this.#cycle(begun, begun ? begun.inputs.map(({ path }) => path) : pending);
      if (!cycle) {
        isInterrupted = true;
        break;
      }
      cycles.push(cycle.cycle);
      added += cycle.added;
      queued = cycle.total;
    }
    return {
      ...{ folder: folder.path, collected, cycles, queue: folder.queue },
      added,
      queued,
      isInterrupted,
      feedError,
    };
  }

  /** A feed that fails keeps nothing from being done with what has come before. */
  async #collect(): Promise<Pick<WatchResult, 'collected' | 'feedError'>> {
    try {
      const options = { ...this.#options.collect, folder: this.#folder.feed, flag: this.#options.flag };
      return { collected: await runCollect(options, this.#tools), feedError: undefined };
    } catch (thrown) {
      if (!(thrown instanceof BowerbirdError && thrown.code.startsWith('BB_FEED_'))) throw thrown;
      this.#tools.onNote?.('The feed failed. What had come before is gone on with.');
      return { collected: undefined, feedError: thrown };
    }
  }

  /** The shards that no cycle was finished with. */
  #pending(): string[] {
    const shards = numberedFiles(join(this.#folder.feed, COLLECTION_FILES.shards));
    return shards.filter(({ number }) => number >= this.#folder.state.nextShard).map(({ path }) => path);
  }

  /** @returns undefined where it was interrupted */
  async #cycle(
    begun: RunRecord | undefined,
    inputs: readonly string[],
  ): Promise<{ readonly cycle: Cycle; readonly added: number; readonly total: number } | undefined> {
    const folder = this.#folder;
    const { nextRun } = folder.state;
    const run = folder.run(nextRun);
    const record = begun?.state === 'done' ? begun : await this.#score(run, inputs);
    if (!record) return undefined;
    const { rows, scored, kept } = await readKept(run, record);
    const review = kept.length > 0 ? folder.subset(nextRun) : undefined;
    if (review !== undefined) await this.#makeSubset(run, review);
    await folder.assertHeld();
    const { added, total } = await addToQueue(folder.queue, kept, this.#options);
    const last = Math.max(...inputs.map((path) => numberOf(path)!));
    await folder.advance({ nextRun: nextRun + 1, nextShard: last + 1 });
    const cycle = { run, rows, scored, kept: kept.length, ...(review !== undefined && { review }) };
    return { cycle, added, total };
  }

  /** @returns the finished run's record; undefined where it was interrupted */
  async #score(run: string, inputs: readonly string[]): Promise<RunRecord | undefined> {
    const config = (incrementalMode: ScoreConfig['incrementalMode']): ScoreConfig =>
      this.#options.scoreOf({ inputs, outputFolder: run, incrementalMode });
    let outcome: RunOutcome;
    try {
      outcome = await this.#tools.score(config('incremental'));
    } catch (thrown) {
      if (codeOf(thrown) !== 'BB_RUN_CHANGED') throw thrown;
      this.#tools.onNote?.(`${run} was begun by an earlier call with other settings: it is made anew.`);
      outcome = await this.#tools.score(config('overwrite'));
    }
    return outcome.state === 'done' ? outcome.record : undefined;
  }

  /** The rows that the run kept, by its own verdict. */
  async #makeSubset(run: string, outputFolder: string): Promise<void> {
    const { threads, memoryLimitMb, command } = this.#options;
    await runSubset(
      {
        ...{ metadata: [run], tags: [], selections: [{ name: 'all', kind: 'all' }], where: 'kept' },
        ...{ missingTags: 'keep', deduplicate: false, laionCompat: false, swapWidthHeight: false },
        ...{ skipBadFiles: false, compression: 'snappy', outputFiles: 1, overwrite: true },
        ...{ outputFolder, threads, memoryLimitMb, command },
      },
      { ...(this.#tools.signal && { signal: this.#tools.signal }) },
    );
  }
}

/** The record of a run that an earlier call has begun. One that was killed while it published a file is brought to its end first. */
async function begunRun(folder: string): Promise<RunRecord | undefined> {
  if (existsSync(folder)) await recoverSwaps(folder);
  return readRunRecord(join(folder, 'run.json'));
}
