import { BowerbirdError } from '../base/errors.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import type { WantedShard } from '../runs/sort-shards.ts';
import { hasFile, type ShardStats } from '../runs/stats.ts';
import type { Tag } from '../samples/tags.ts';
import type { ShardSpec } from '../shards/plan.ts';
import type { StagedShard } from '../shards/staged-shard.ts';
import { carryOver, type RetriedRows } from './carry-over.ts';
import { type EarlierShard, readEarlierShard } from './earlier-shard.ts';
import { expectDigests } from './expected-digests.ts';
import type { ImageSaving } from './image-saving.ts';
import { spreadTagsOf } from './provenance.ts';
import type { ScoreFacts } from './score-facts.ts';
import { ShardWork } from './shard-work.ts';
import { ThumbnailPicker } from './thumbnail-picker.ts';

/** The report shows pictures of at most this many shards, evenly spaced over the run. */
const MAX_PICTURED_SHARDS = 64;

/** What shards are opened with. */
export interface ShardOpenerTools {
  readonly facts: ScoreFacts;
  readonly folder: RunFolder;
  readonly progress: ScoreProgress;
  readonly wanted: readonly WantedShard[];
  readonly imageSaving: ImageSaving | undefined;
  /** Brings the files of a finished shard into the folder, before its rows are tried again; where not given, they are there. */
  readonly fetchFinished?: ((stats: ShardStats) => Promise<void>) | undefined;
}

/** A finished shard of which rows are tried again. */
export interface Retry {
  readonly earlier: EarlierShard;
  readonly rows: RetriedRows;
}

/** Makes work of shards: which rows are still to be done, and what is known of the others. */
export class ShardOpener {
  readonly #tools: ShardOpenerTools;
  readonly #finished: ReadonlyMap<number, ShardStats>;
  readonly #pictured: ReadonlySet<number>;

  constructor(tools: ShardOpenerTools) {
    this.#tools = tools;
    this.#finished = new Map(
      tools.wanted.flatMap(({ finished }) => (finished ? [[finished.shard_id, finished]] : [])),
    );
    this.#pictured = evenlySpaced(tools.facts.plan.shards, MAX_PICTURED_SHARDS);
  }

  /** @throws BowerbirdError BB_SHARD_READ where rows that are not tried again cannot be read any more */
  async open(shard: StagedShard): Promise<{ readonly work: ShardWork; readonly retry: Retry | undefined }> {
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
    return { work, retry };
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
