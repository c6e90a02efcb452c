import { codeOf } from '../base/errors.ts';
import type { Lock } from '../base/lock.ts';
import { addTallies } from '../runs/retry-tally.ts';
import type { ShardStats } from '../runs/stats.ts';
import type { Filter } from '../scores/filter.ts';
import type { StagedShard } from '../shards/staged-shard.ts';
import { tallyRetried } from './carry-over.ts';
import { type CommitTools, commitWork } from './commit.ts';
import { shardProvenance, spreadTagsOf } from './provenance.ts';
import { type Retry, ShardOpener, type ShardOpenerTools } from './shard-opener.ts';
import type { ShardWork } from './shard-work.ts';
import { type Stages, WINDOW_ROWS } from './stages.ts';

/** Shards that are open at one time at least: while the stragglers of one end, the next keep all stages busy. */
const LEAST_OPEN_SHARDS = 3;
/** Smaller shards are opened until their rows fill the window of the downloader, but no more of them than this. */
const MAX_OPEN_SHARDS = 16;

interface ShardRunTools extends ShardOpenerTools {
  readonly lock: Lock;
  readonly stages: Stages;
  readonly filter: Filter;
  /** Called once a shard is committed, and waited for; what it throws ends the run. */
  readonly onCommitted: ((stats: ShardStats) => Promise<void>) | undefined;
}

/** Opens shards, feeds their rows to the stages, commits them. */
export class ShardRun {
  readonly #tools: ShardRunTools;
  readonly #commitTools: Omit<CommitTools, 'inputPath' | 'provenance' | 'earlier' | 'retried' | 'stageSlots'>;
  readonly #opener: ShardOpener;
  readonly #open = new Set<Promise<void>>();
  readonly #commits = new Set<Promise<void>>();
  #openRows = 0;
  #failed = false;

  constructor(tools: ShardRunTools) {
    this.#tools = tools;
    const { config, heads, tagModels } = tools.facts;
    const scorer = heads.aesthetic ?? tagModels.find(({ tag }) => tag === 'aesthetic');
    this.#commitTools = {
      folder: tools.folder,
      lock: tools.lock,
      decoder: tools.facts.decoder,
      filter: tools.filter,
      imageSaving: tools.imageSaving,
      thresholds: tools.facts.thresholds,
      recomputeTags: config.recomputeTags,
      label: scorer?.label,
      spreadTags: spreadTagsOf(heads),
      saveEmbeddings: config.saveEmbeddings,
      saveConsent: config.saveConsent,
      keptFacts: config.keptFacts,
    };
    this.#opener = new ShardOpener(tools);
  }

  async doAll(shards: AsyncIterable<StagedShard>, closing: AbortSignal): Promise<'done' | 'interrupted'> {
    try {
      return await this.#openAll(shards, closing);
    } catch (thrown) {
      // An input that cannot be read on is no reason to lose the shards that have been read.
      if (codeOf(thrown) === 'BB_SHARD_READ') await this.#waitFor(Promise.all(this.#open), 'ended');
      // Those that are complete are not given up with the others.
      if (codeOf(thrown) === 'BB_INTERRUPTED') await Promise.all(this.#commits);
      throw thrown;
    }
  }

  /** Waits for shards that are still being committed: they are not to lose their tools meanwhile. */
  async committed(): Promise<void> {
    while (this.#commits.size > 0) await Promise.allSettled(this.#commits);
  }

  async #openAll(shards: AsyncIterable<StagedShard>, closing: AbortSignal): Promise<'done' | 'interrupted'> {
    let interrupted = false;
    for await (const shard of shards) {
      if (closing.aborted) {
        interrupted = true;
        await shard.release();
        break;
      }
      const { work, retry } = await this.#opener.open(shard);
      this.#keepOpen(work, retry);
      await this.#feed(work);
      while (this.#areEnoughOpen()) await this.#waitFor(Promise.race(this.#open), 'held back');
    }
    await this.#waitFor(Promise.all(this.#open), 'ended');
    return interrupted ? 'interrupted' : 'done';
  }

  /**
   * Embeddings are kept for every row of an open shard (float32), so that rows may end in any order: 100 MB for a full
   * window of 768 values each.
   */
  #areEnoughOpen(): boolean {
    if (this.#open.size < LEAST_OPEN_SHARDS) return false;
    return this.#open.size >= MAX_OPEN_SHARDS || this.#openRows >= WINDOW_ROWS;
  }

  async #waitFor(shards: Promise<unknown>, reading: 'held back' | 'ended'): Promise<void> {
    this.#tools.stages.expectNoRows(reading);
    await shards;
  }

  async #feed(work: ShardWork): Promise<void> {
    for (const [index, { kind }] of work.states.entries()) {
      // A full disk should not be noticed only after all rows of a large shard.
      if (this.#failed) await Promise.all(this.#open);
      if (kind === 'pending') await this.#tools.stages.push(work, index);
    }
  }

  #keepOpen(work: ShardWork, retry: Retry | undefined): void {
    const job = this.#commitWhenComplete(work, retry);
    this.#open.add(job);
    this.#openRows += work.rowCount;
    // A failed commit stays in the set, so that the loop meets it; a finished one leaves.
    job.then(
      () => {
        this.#open.delete(job);
        this.#openRows -= work.rowCount;
      },
      () => {
        this.#failed = true;
      },
    );
  }

  async #commitWhenComplete(work: ShardWork, retry: Retry | undefined): Promise<void> {
    await Promise.race([work.completed, this.#tools.stages.failure]);
    const commit = this.#commit(work, retry);
    this.#commits.add(commit);
    await commit.finally(() => this.#commits.delete(commit));
  }

  async #commit(work: ShardWork, retry: Retry | undefined): Promise<void> {
    const { facts, stages, progress } = this.#tools;
    const input = facts.plan.inputs[work.shard.spec.inputIndex]!;
    const tally = retry && tallyRetried(work, retry.rows);
    const stats = await commitWork(work, {
      ...this.#commitTools,
      inputPath: input.path,
      provenance: shardProvenance(facts, input, retry?.earlier.provenance),
      earlier: retry?.earlier,
      retried: tally,
      stageSlots: stages.slots,
    });
    progress.retried = addTallies(progress.retried, tally);
    await this.#tools.imageSaving?.end(work);
    await this.#tools.imageSaving?.room.committed(stats);
    await work.shard.release();
    await this.#tools.onCommitted?.(stats);
    progress.finishedShards++;
    progress.kept += stats.kept;
    progress.countSaved(stats.saved);
  }
}
