import type { Lock } from '../base/lock.ts';
import type { Decoder } from '../decode/decoder.ts';
import { commitShard } from '../runs/commit.ts';
import { type HostList, HostTable } from '../runs/host-totals.ts';
import { addTallies, type RetryTally } from '../runs/retry-tally.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import { sortedTable } from '../runs/sorted-table.ts';
import {
  describeShard,
  emptyCounts,
  type RowCounts,
  type ShardFacts,
  type ShardStats,
  type StageNumbers,
} from '../runs/stats.ts';
import type { KeptFacts } from '../samples/image-facts.ts';
import type { Label } from '../samples/label.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import { TAGS, type Tag } from '../samples/tags.ts';
import { BucketSums } from '../scores/bucket-sums.ts';
import type { Filter } from '../scores/filter.ts';
import { Histogram } from '../scores/histogram.ts';
import type { Thresholds } from '../scores/thresholds.ts';
import type { EarlierShard } from './earlier-shard.ts';
import { withFacts } from './image-facts.ts';
import type { ImageSaving } from './image-saving.ts';
import { type JudgedShard, judgeShard, withLabel, withSpreads } from './judge.ts';
import { hostOf } from './row-host.ts';
import { savedWork } from './saved-work.ts';
import type { ShardWork } from './shard-work.ts';
import { SINKS } from './sinks.ts';

/** What a shard is committed with. */
export interface CommitTools {
  readonly folder: RunFolder;
  readonly lock: Lock;
  readonly filter: Filter;
  /** What the filter was made of. */
  readonly thresholds: Thresholds;
  /** Whether heads' scores take the place of all of the input's own. */
  readonly recomputeTags: boolean;
  /** What the aesthetic scores stand for; undefined where nothing says so. */
  readonly label: Label | undefined;
  /** The tags that ensembles give. */
  readonly spreadTags: readonly Tag[];
  readonly decoder: Decoder;
  readonly inputPath: string;
  /** Where the shard's scores come from. */
  readonly provenance: Provenance;
  readonly saveEmbeddings: boolean;
  readonly saveConsent: boolean;
  /** Where images are saved. */
  readonly imageSaving: ImageSaving | undefined;
  readonly keptFacts: KeptFacts;
  readonly stageSlots: StageNumbers;
  /** What an earlier run wrote of this shard, where its failed rows were tried again. */
  readonly earlier: EarlierShard | undefined;
  /** What became of those rows. */
  readonly retried: RetryTally | undefined;
}

/**
 * Judges a complete shard and commits it. Written again after a kill, the files have the same bytes.
 *
 * @throws BowerbirdError BB_SHARD_WRITE, BB_DISK_FULL, BB_RUN_LOCKED
 */
export async function commitWork(work: ShardWork, tools: CommitTools): Promise<ShardStats> {
  const labelled = withLabel(judgeShard(work, tools.filter, tools.recomputeTags), tools.label);
  const scored = withSpreads(labelled, work, tools.spreadTags);
  const judged = withFacts(scored, work.facts, tools.keptFacts);
  const { folder, lock, earlier, decoder, provenance, saveEmbeddings, saveConsent, imageSaving } = tools;
  const { sums, histogram } = sumShard(work, judged, earlier);
  const facts = { ...factsOf(work, tools), counts: countRows(work, judged) };
  const saved = imageSaving && (await savedWork({ folder, work, judged, provenance, earlier }, imageSaving));
  const written = { work, judged, sums, provenance, saveEmbeddings, saveConsent, decoder, earlier, saved };
  try {
    return await commitShard({
      folder,
      lock,
      shardId: work.shard.spec.id,
      shard: { ...facts, ...written },
      sinks: SINKS,
      replaced: earlier?.stats,
      describe: (files) =>
        describeShard({
          ...facts,
          histogram,
          saved: saved && { images: saved.images.count, bytes: saved.savedBytes },
          files,
        }),
    });
  } finally {
    await saved?.images.close();
  }
}

/** What the stats say of how the shard was done. */
function factsOf(
  work: ShardWork,
  { inputPath, stageSlots, thresholds, earlier, retried }: CommitTools,
): Omit<ShardFacts, 'counts' | 'histogram' | 'saved' | 'files'> {
  const { id, firstRow } = work.shard.spec;
  const { downloadMs, decodeMs, embedMs, tagMs } = work.times;
  return {
    shardId: id,
    input: inputPath,
    firstRow,
    startMs: work.startedAt.getTime(),
    endMs: Date.now(),
    stageSeconds: {
      download: downloadMs / 1000,
      decode: decodeMs / 1000,
      embed: embedMs / 1000,
      ...(stageSlots.tag !== undefined && { tag: tagMs / 1000 }),
    },
    stageSlots,
    thresholds,
    ...(work.shard.isDownloaded && { hosts: sumHosts(work, earlier) }),
    retried: retried && addTallies(earlier?.stats.retried, retried),
  };
}

/** What became of the rows is as it stands now, those of an earlier run among them; what was seen of hosts adds up. */
function sumHosts({ shard, states, hosts }: ShardWork, earlier: EarlierShard | undefined): HostList {
  const table = new HostTable();
  for (const [index, state] of states.entries()) {
    const host = hostOf(shard.urls[index]);
    if (state.kind === 'failed') table.add(host, { rows: 1, reasons: { [state.reason]: 1 } });
    else table.add(host, { rows: 1, successes: 1 });
  }
  for (const [host, seen] of hosts.totals()) table.add(host, seen);
  if (earlier?.stats.hosts) table.mergeSeen(earlier.stats.hosts);
  return table.list();
}

/** Sums over the scored rows in input order, so that the same shard always gives the same bits. */
function sumShard(
  work: ShardWork,
  { tags, results }: JudgedShard,
  earlier: EarlierShard | undefined,
): { readonly sums: BucketSums; readonly histogram: Histogram } {
  const sums = new BucketSums(work.dimension);
  if (earlier) sums.merge(earlier.partials);
  const histogram = new Histogram();
  for (let i = 0; i < work.rowCount; i++) {
    const score = tags.aesthetic[i]!;
    const state = work.states[i]!;
    if (state.kind !== 'embedded' || !Number.isFinite(score)) continue;
    // A row that was carried over is in the earlier sums.
    if (!state.carried) sums.add(score, work.embeddings, i * work.dimension);
    histogram.add(score, results.kept[i] === 1);
  }
  return { sums, histogram };
}

function countRows(work: ShardWork, { results, tags }: JudgedShard): RowCounts {
  const counts = emptyCounts();
  const bump = (table: Record<string, number>, name: string): void => {
    table[name] = (table[name] ?? 0) + 1;
  };
  for (let i = 0; i < work.rowCount; i++) {
    counts.count++;
    const status = results.status[i]!;
    counts[status === 'success' ? 'successes' : status]++;
    bump(counts.status_dict, results.errorMessage[i] ?? 'success');
    if (status !== 'success') {
      bump(counts.reasons, results.reason[i]!);
      continue;
    }
    counts.kept += results.kept[i]!;
    const rule = results.droppedBy[i];
    if (rule) bump(counts.dropped_by, rule);
    for (const tag of TAGS) {
      if (Number.isNaN(tags[tag][i]!)) bump(counts.missing_tags, tag);
    }
  }
  for (const table of ['dropped_by', 'missing_tags', 'reasons', 'status_dict'] as const) {
    counts[table] = sortedTable(counts[table] as Record<string, number>);
  }
  return counts;
}
