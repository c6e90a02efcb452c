import type { Lock } from '../base/lock.ts';
import { commitShard, partialsSink, type Sinks } from '../runs/commit.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import { describeShard, type ShardFacts, type ShardStats } from '../runs/stats.ts';
import { countsOf } from '../samples/label.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import { BUCKET_NAMES } from '../scores/bucket-names.ts';
import { BucketSums } from '../scores/bucket-sums.ts';
import type { Filter } from '../scores/filter.ts';
import type { Thresholds } from '../scores/thresholds.ts';
import type { ShardSpec } from '../shards/plan.ts';
import type { DuckDBInstance } from '../tables/duckdb.ts';
import type { BlockResult } from './block-scorer.ts';
import type { LabelledColumn } from './head-set.ts';
import { judgeRows, type ScoredRows } from './judge.ts';
import { readTags } from './metadata.ts';
import type { RescoreInput, RescorePlan } from './plan.ts';
import type { ResultLanes } from './result-lanes.ts';
import { type RowMetadata, type TagRows, type TagWriting, writeTags } from './tags.ts';

/** What shards are committed with. */
export interface CommitTools {
  readonly instance: DuckDBInstance;
  readonly lanes: ResultLanes;
  readonly folder: RunFolder;
  readonly lock: Lock;
  readonly plan: RescorePlan;
  readonly filter: Filter;
  /** Whether heads' scores take the place of the metadata's own tags. */
  readonly recomputeTags: boolean;
  /** Where the scores of a file come from. */
  readonly provenanceOf: (input: RescoreInput) => Provenance;
  /** What the filter was made of. */
  readonly thresholds: Thresholds;
  readonly columns: readonly string[];
  /** Those of them that are given in the unit of a label too. */
  readonly labelled: readonly LabelledColumn[];
  readonly extraColumns: readonly string[];
  readonly scoresOnly: boolean;
  readonly scoreThreads: number;
}

/** A shard whose blocks are all scored, in row order. */
export interface ScoredShard {
  readonly spec: ShardSpec;
  readonly blocks: readonly BlockResult[];
  readonly startedAtMs: number;
  /** Time that threads spent on it. */
  readonly scoringMs: number;
}

/** What the files of a shard are made from. */
interface JudgedBlocks extends TagWriting {
  readonly tagRows: TagRows;
  readonly metadata: RowMetadata | undefined;
  readonly sums: BucketSums;
}

/** What a shard of stored embeddings is committed with. Their order is that of `SHARD_FILES`. */
const SINKS: Sinks<JudgedBlocks> = {
  tags: { write: (path, shard) => writeTags(shard, path, shard.tagRows, shard.metadata) },
  partials: partialsSink,
};

/**
 * Judges a scored shard and commits it.
 *
 * @throws TableError BB_SHARD_READ naming the metadata, BB_SHARD_WRITE, BB_DISK_FULL, BB_RUN_LOCKED
 */
export async function commitScored(shard: ScoredShard, tools: CommitTools): Promise<ShardStats> {
  const { instance, lanes, folder, lock, plan } = tools;
  const { spec, blocks } = shard;
  const { id, rowCount } = spec;
  const input = plan.inputs[spec.inputIndex]!;
  const metadata =
    input.metadata === undefined
      ? undefined
      : { ...plan, path: input.metadata, rowCount, isPassed: !tools.scoresOnly };
  const rows = withLabels(joinBlocks(blocks, rowCount, tools.columns), tools.labelled);
  const judged = judgeRows(rows, metadata ? await readTags(instance, metadata) : {}, tools);
  const tagRows = {
    ...{ shardId: id, rows, judged, extraColumns: tools.extraColumns },
    provenance: tools.provenanceOf(input),
  };
  const { counts, histogram } = judged;
  return commitShard({
    folder,
    lock,
    shardId: id,
    shard: { instance, lanes, tagRows, metadata, sums: sumBlocks(blocks, plan.dimension) },
    sinks: SINKS,
    replaced: undefined,
    describe: (files) => describeShard({ ...factsOf(shard, tools), counts, histogram, files }),
  });
}

/** What the stats say of how the shard was done. */
function factsOf(
  { spec, startedAtMs, scoringMs }: ScoredShard,
  { plan, scoreThreads, thresholds }: CommitTools,
): Omit<ShardFacts, 'counts' | 'histogram' | 'files'> {
  return {
    shardId: spec.id,
    input: plan.inputs[spec.inputIndex]!.embeddings,
    firstRow: 0,
    startMs: startedAtMs,
    endMs: Date.now(),
    stageSeconds: { download: 0, decode: 0, embed: scoringMs / 1000 },
    stageSlots: { download: 0, decode: 0, embed: scoreThreads },
    thresholds,
  };
}

function joinBlocks(
  blocks: readonly BlockResult[],
  rowCount: number,
  columns: readonly string[],
): ScoredRows {
  const states = new Uint8Array(rowCount);
  const scores = columns.map(() => new Float32Array(rowCount));
  let row = 0;
  for (const block of blocks) {
    states.set(block.states, row);
    for (const [i, values] of block.scores.entries()) scores[i]!.set(values, row);
    row += block.states.length;
  }
  return { rowCount, states, scores: new Map(columns.map((column, i) => [column, scores[i]!])) };
}

/** The same rows with scores in the units of their labels beside them. */
function withLabels(rows: ScoredRows, labelled: readonly LabelledColumn[]): ScoredRows {
  const counts = labelled.map(
    ({ column, label, name }) => [name, countsOf(label, rows.scores.get(column)!)] as const,
  );
  return { ...rows, scores: new Map([...rows.scores, ...counts]) };
}

/** In row order, whichever thread was done first: float32 embeddings would otherwise not repeat to the last bit. */
function sumBlocks(blocks: readonly BlockResult[], dimension: number): BucketSums {
  const sums = new BucketSums(dimension);
  for (const { counts, scoreSums, embeddingSums } of blocks) {
    sums.merge(
      embeddingSums.map((embeddingSum, i) => ({
        bucket: BUCKET_NAMES[i]!,
        count: counts[i]!,
        scoreSum: scoreSums[i]!,
        embeddingSum,
      })),
    );
  }
  return sums;
}
