import { BowerbirdError, codeOf } from '../base/errors.ts';
import type { Lock } from '../base/lock.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { addTallies } from '../runs/retry-tally.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import type { RunPlace } from '../runs/run-place.ts';
import type { WantedShard } from '../runs/sort-shards.ts';
import { hasFile, type ShardStats } from '../runs/stats.ts';
import type { Tag } from '../samples/tags.ts';
import { createFilter, type Filter } from '../scores/filter.ts';
import { filterOptions, type Thresholds } from '../scores/thresholds.ts';
import { ShardDatabase } from '../shards/database.ts';
import type { RunPlan, ShardSpec } from '../shards/plan.ts';
import type { StagedShard } from '../shards/staged-shard.ts';
import { carryOver, type RetriedRows, tallyRetried } from './carry-over.ts';
import { type CommitTools, commitWork } from './commit.ts';
import type { ScoreConfig } from './config.ts';
import { type EarlierShard, readEarlierShard } from './earlier-shard.ts';
import { expectDigests } from './expected-digests.ts';
import { ImageSaving } from './image-saving.ts';
import { type ImageSupply, imageSupplyFor } from './image-supply.ts';
import { BATCHES_PER_ENCODER, DECODES_PER_PROCESS, type LoadedModels } from './models.ts';
import { shardProvenance, spreadTagsOf } from './provenance.ts';
import { ShardWork } from './shard-work.ts';
import { Stages, WINDOW_ROWS } from './stages.ts';
import { ThumbnailPicker } from './thumbnail-picker.ts';

/** Shards that are open at one time at least: while the stragglers of one end, the next keep all stages busy. */
const LEAST_OPEN_SHARDS = 3;
/** Smaller shards are opened until their rows fill the window of the downloader, but no more of them than this. */
const MAX_OPEN_SHARDS = 16;
/** The report shows pictures of at most this many shards, evenly spaced over the run. */
const MAX_PICTURED_SHARDS = 64;

/** What the shards of a run are scored with. */
export interface ScoreFacts extends LoadedModels {
  readonly config: ScoreConfig;
  readonly plan: RunPlan;
  readonly thresholds: Thresholds;
}

/** A run while it goes. */
export interface ScoreRun {
  readonly place: RunPlace;
  readonly progress: ScoreProgress;
  /** When it aborts, no new shard is begun. */
  readonly closing: AbortSignal;
}

/** Where shards are committed, and who is told of each. */
export interface ShardDestination extends Omit<ScoreRun, 'place'> {
  readonly place: Pick<RunPlace, 'folder' | 'lock'>;
  /** Called once a shard is committed, and waited for; what it throws ends the run. */
  readonly onCommitted?: (stats: ShardStats) => Promise<void>;
  /** What shards in flight may take once the run is told to close; the time of a row where not given. */
  readonly graceMs?: number | undefined;
  /** Where images come from, of one that does shards in several calls; it stays open. */
  readonly images?: ImageSupply;
  /** Brings the files of a finished shard into the folder, before its rows are tried again; where not given, they are there. */
  readonly fetchFinished?: ((stats: ShardStats) => Promise<void>) | undefined;
}

/**
 * Does the wanted shards: rows flow through the stages across shard boundaries, and each shard is committed when
 * its last row has ended. On a failure everything in flight is given up; what is committed stays.
 */
export async function scoreShards(
  facts: ScoreFacts,
  destination: ShardDestination,
  wanted: readonly WantedShard[],
): Promise<'done' | 'interrupted'> {
  if (destination.images) return scoreWith(destination.images, facts, destination, wanted);
  const images = imageSupplyFor(facts, destination.place.folder.staging);
  return scoreWith(images, facts, destination, wanted).finally(() => images.close());
}

async function scoreWith(
  images: ImageSupply,
  facts: ScoreFacts,
  { place, progress, closing, onCommitted, graceMs, fetchFinished }: ShardDestination,
  wanted: readonly WantedShard[],
): Promise<'done' | 'interrupted'> {
  const { config } = facts;
  const { folder, lock } = place;
  const abandon = new AbortController();
  const database = await ShardDatabase.open({
    memoryLimitMb: config.resources.memoryLimitMb,
    temporaryFolder: folder.staging,
    skipBadRows: config.skipBadFiles,
    onNote: (message) => progress.note(message),
  });
  const filter = createFilter(filterOptions(facts.thresholds));
  const imageSaving =
    config.savedImages &&
    (await ImageSaving.open({
      settings: config.savedImages.settings,
      filter,
      recomputeTags: config.recomputeTags,
      stagingFolder: folder.staging,
      maxBytesInFlight: config.resources.maxBytesInFlight,
      progress,
    }));
  const stages = new Stages({
    openSource: (tools) => images.open(tools),
    decoder: facts.decoder,
    encoder: facts.encoder,
    heads: facts.heads,
    tagModels: facts.tagModels,
    recomputeTags: config.recomputeTags,
    decodesAtOnce: config.resources.decodeProcesses * DECODES_PER_PROCESS,
    batchSize: config.batchSize,
    batchesAtOnce: BATCHES_PER_ENCODER,
    signal: abandon.signal,
    closing,
    rowLimitMs: graceMs ?? config.download.timeoutMs,
    rowLimitFlag: graceMs === undefined ? '--timeout' : '--grace',
    progress,
  });
  const run = new ShardRun({
    facts,
    folder,
    lock,
    stages,
    progress,
    wanted,
    filter,
    imageSaving,
    onCommitted,
    fetchFinished,
  });
  try {
    const state = await run.doAll(
      database.readShards(facts.plan, new Set(wanted.map(({ spec }) => spec.id))),
      closing,
    );
    await stages.finish();
    return state;
  } finally {
    abandon.abort();
    await Promise.allSettled([stages.close()]);
    await run.committed();
    await Promise.allSettled([database.close()]);
    await imageSaving?.close();
  }
}

interface ShardRunTools {
  readonly facts: ScoreFacts;
  readonly folder: RunFolder;
  readonly lock: Lock;
  readonly stages: Stages;
  readonly progress: ScoreProgress;
  readonly wanted: readonly WantedShard[];
  readonly filter: Filter;
  readonly imageSaving: ImageSaving | undefined;
  readonly onCommitted: ShardDestination['onCommitted'];
  readonly fetchFinished: ShardDestination['fetchFinished'];
}

/** A finished shard of which rows are tried again. */
interface Retry {
  readonly earlier: EarlierShard;
  readonly rows: RetriedRows;
}

/** Opens shards, feeds their rows to the stages, commits them. */
class ShardRun {
  readonly #tools: ShardRunTools;
  readonly #commitTools: Omit<CommitTools, 'inputPath' | 'provenance' | 'earlier' | 'retried' | 'stageSlots'>;
  readonly #finished: ReadonlyMap<number, ShardStats>;
  readonly #pictured: ReadonlySet<number>;
  readonly #open = new Set<Promise<void>>();
  readonly #commits = new Set<Promise<void>>();
  #openRows = 0;
  #failed = false;

  constructor(tools: ShardRunTools) {
    this.#tools = tools;
    const { config, plan, heads, tagModels } = tools.facts;
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
    this.#finished = new Map(
      tools.wanted.flatMap(({ finished }) => (finished ? [[finished.shard_id, finished]] : [])),
    );
    this.#pictured = evenlySpaced(plan.shards, MAX_PICTURED_SHARDS);
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
      await this.#feed(await this.#openShard(shard));
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

  async #openShard(shard: StagedShard): Promise<ShardWork> {
    const { facts, folder, fetchFinished } = this.#tools;
    const finished = this.#finished.get(shard.spec.id);
    if (finished) await fetchFinished?.(finished);
    const earlier =
      finished &&
      (await readEarlierShard(folder, finished, {
        kept: facts.config.keptFacts,
        spreadTags: spreadTagsOf(facts.heads),
      }));
    const isPictured = this.#pictured.has(shard.spec.id) || (finished && hasFile(finished, 'thumbnails'));
    const picker = isPictured
      ? new ThumbnailPicker(shard.hashes, facts.thresholds.min_aesthetic ?? undefined)
      : undefined;
    const work = new ShardWork(shard, facts.encoder.dimension, computedTags(facts), picker);
    this.#tools.imageSaving?.begin(work);
    const reasons = facts.config.retry?.reasons ?? new Set();
    const retry = earlier && { earlier, rows: carryOver(work, earlier, reasons) };
    this.#failUnread(work);
    await this.#expectDigests(work);
    this.#keepOpen(work, retry);
    return work;
  }

  #failUnread(work: ShardWork): void {
    const { facts, progress } = this.#tools;
    for (const [index, failure] of work.shard.unread) {
      const state = work.states[index]!;
      // It could not be read before either, and is not tried again.
      if (state.kind === 'failed' && state.reason === failure.reason) continue;
      if (state.kind !== 'pending') throw damagedSince(facts, work.shard.spec);
      work.failed(index, failure);
      progress.countFailure(failure.reason);
    }
  }

  async #expectDigests(work: ShardWork): Promise<void> {
    const { facts, progress } = this.#tools;
    const { verifiedHash } = facts.config;
    if (!verifiedHash) return;
    await expectDigests(work, facts.plan, verifiedHash, ({ reason }) => progress.countFailure(reason));
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

/** The tags that the run computes. */
function computedTags({ heads, tagModels }: ScoreFacts): Tag[] {
  return [...(Object.keys(heads) as Tag[]), ...tagModels.map(({ tag }) => tag)];
}

/** The rows of a finished shard are written anew with those that are tried again: what was read once has to be there. */
function damagedSince({ plan }: ScoreFacts, { id, inputIndex }: ShardSpec): BowerbirdError {
  const { path } = plan.inputs[inputIndex]!;
  return new BowerbirdError(
    'BB_SHARD_READ',
    `${path} is damaged in rows that shard ${id} has finished. Mend the file, or leave out --retry-failed.`,
    { fields: { path, shard: id } },
  );
}

function evenlySpaced(shards: readonly ShardSpec[], most: number): Set<number> {
  const step = Math.max(1, shards.length / most);
  const chosen = new Set<number>();
  for (let place = 0; place < shards.length; place += step) chosen.add(shards[Math.floor(place)]!.id);
  return chosen;
}
