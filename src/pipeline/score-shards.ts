import type { ScoreProgress } from '../runs/progress.ts';
import type { RunPlace } from '../runs/run-place.ts';
import type { WantedShard } from '../runs/sort-shards.ts';
import type { ShardStats } from '../runs/stats.ts';
import { createFilter } from '../scores/filter.ts';
import { filterOptions } from '../scores/thresholds.ts';
import { ShardDatabase } from '../shards/database.ts';
import { ImageSaving } from './image-saving.ts';
import { type ImageSupply, imageSupplyFor } from './image-supply.ts';
import { BATCHES_PER_ENCODER, DECODES_PER_PROCESS } from './models.ts';
import type { ScoreFacts } from './score-facts.ts';
import { ShardRun } from './shard-run.ts';
import { Stages } from './stages.ts';

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
