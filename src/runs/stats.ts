import type { FailureReason } from '../samples/reasons.ts';
import type { Histogram, StoredHistogram } from '../scores/histogram.ts';
import type { Thresholds } from '../scores/thresholds.ts';
import type { FileDigest } from './file-digest.ts';
import { type HostList, isHostList } from './host-totals.ts';
import { isTally, type RetryTally } from './retry-tally.ts';
import { type ShardFileKind, shardFileName } from './run-files.ts';

/** Counts over rows, of a shard or of a whole run. The four states sum to `count`. */
export interface RowCounts {
  count: number;
  successes: number;
  failed_to_download: number;
  failed_to_resize: number;
  failed_to_embed: number;
  kept: number;
  /** Rows dropped, by the first rule that failed. */
  dropped_by: Record<string, number>;
  /** Scored rows without the tag, by tag. */
  missing_tags: Record<string, number>;
  /** Failed rows, by reason. */
  reasons: Partial<Record<FailureReason, number>>;
  /** img2dataset's: messages of failures, and `success`. */
  status_dict: Record<string, number>;
}

/** A shard's stats file: img2dataset's keys and ours. Written last, it is the shard's commit marker. */
export interface ShardStats extends RowCounts {
  readonly format: 'bowerbird-shard-stats';
  readonly version: 1;
  readonly shard_id: number;
  readonly input: string;
  readonly first_row: number;
  readonly start_time: number;
  readonly end_time: number;
  readonly duration: number;
  readonly stage_seconds: StageNumbers;
  /** Rows that each stage could work on at the same time. */
  readonly stage_slots: StageNumbers;
  readonly score_histogram: StoredHistogram;
  /** The rules that its verdicts (`kept`, `dropped_by`) were passed by; not told by bowerbird 0.1.0. */
  readonly thresholds?: Thresholds;
  /** Rows by host, of shards that were downloaded; not told by bowerbird 0.1.0. */
  readonly hosts?: HostList;
  /** Its rows that were tried again since it was first finished; absent where none was. */
  readonly retried?: RetryTally;
  /** The images that are saved of it; absent where none are to be. */
  readonly saved?: SavedCounts;
  /** sha256 (hex) of what the plan that it was done by makes the shard of; absent where one process did the run. */
  readonly plan?: string;
  /** The process that did it, as it named itself; absent where one process did the run. */
  readonly worker?: string;
  /** The shard's other files: size and sha256, by path in the run folder. */
  readonly files: Readonly<Record<string, FileDigest>>;
}

/** Saved images, and the bytes of the images themselves. */
export interface SavedCounts {
  readonly images: number;
  readonly bytes: number;
}

/** One number for each stage. */
export interface StageNumbers {
  readonly download: number;
  readonly decode: number;
  readonly embed: number;
  /** Of image models that give tags, all together; absent where the run had none. */
  readonly tag?: number;
}

/** What a shard's stats say that differs from shard to shard; times in ms since 1970. */
export interface ShardFacts {
  readonly shardId: number;
  readonly input: string;
  readonly firstRow: number;
  readonly counts: RowCounts;
  readonly startMs: number;
  readonly endMs: number;
  readonly stageSeconds: StageNumbers;
  readonly stageSlots: StageNumbers;
  readonly histogram: Histogram;
  readonly thresholds: Thresholds;
  /** Of a shard that was downloaded. */
  readonly hosts?: HostList;
  readonly retried?: RetryTally | undefined;
  readonly saved?: SavedCounts | undefined;
  readonly files: ShardStats['files'];
}

/** The stats of a shard, with their names in the order of the file. */
export function describeShard(facts: ShardFacts): ShardStats {
  const { startMs, endMs } = facts;
  return {
    format: 'bowerbird-shard-stats',
    version: 1,
    shard_id: facts.shardId,
    input: facts.input,
    first_row: facts.firstRow,
    ...facts.counts,
    start_time: startMs / 1000,
    end_time: endMs / 1000,
    duration: (endMs - startMs) / 1000,
    stage_seconds: facts.stageSeconds,
    stage_slots: facts.stageSlots,
    score_histogram: facts.histogram.toJSON(),
    thresholds: facts.thresholds,
    ...(facts.hosts && { hosts: facts.hosts }),
    ...(facts.retried && { retried: facts.retried }),
    ...(facts.saved && { saved: facts.saved }),
    files: facts.files,
  };
}

export function emptyCounts(): RowCounts {
  return {
    count: 0,
    successes: 0,
    failed_to_download: 0,
    failed_to_resize: 0,
    failed_to_embed: 0,
    kept: 0,
    dropped_by: {},
    missing_tags: {},
    reasons: {},
    status_dict: {},
  };
}

/** Adds `from` to `into`: exact, whatever the order. */
export function addCounts(into: RowCounts, from: RowCounts): void {
  for (const key of COUNT_KEYS) into[key] += from[key];
  for (const key of TABLE_KEYS) addTable(into[key], from[key]);
}

const COUNT_KEYS = [
  'count',
  'successes',
  'failed_to_download',
  'failed_to_resize',
  'failed_to_embed',
  'kept',
] as const;
const TABLE_KEYS = ['dropped_by', 'missing_tags', 'reasons', 'status_dict'] as const;

function addTable(into: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(from)) into[name] = (into[name] ?? 0) + count;
}

/** What a stats file says; undefined where it is not this shard's, or not whole. */
export function parseStats(text: string, shardId: number): ShardStats | undefined {
  try {
    const stats = JSON.parse(text) as ShardStats;
    return isStats(stats) && stats.shard_id === shardId ? stats : undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/** Whether a JSON value is what a commit writes: anything may lie under that name. */
function isStats(value: ShardStats | null): boolean {
  if (value?.format !== 'bowerbird-shard-stats' || value.version !== 1) return false;
  const tables = [value.files, value.score_histogram, value.stage_seconds, value.stage_slots];
  return (
    [...tables, ...TABLE_KEYS.map((key) => value[key])].every(
      (table) => table && typeof table === 'object',
    ) &&
    COUNT_KEYS.every((key) => Number.isInteger(value[key]) && value[key] >= 0) &&
    (value.hosts === undefined || isHostList(value.hosts, value.count)) &&
    (value.retried === undefined || isTally(value.retried)) &&
    addsUp(value)
  );
}

/** Whether the counts are sums of each other, as docs/formats.md says: a changed number breaks one of them. */
function addsUp(stats: ShardStats): boolean {
  const { count, successes, kept, failed_to_download, failed_to_resize, failed_to_embed } = stats;
  const failures = failed_to_download + failed_to_resize + failed_to_embed;
  return (
    count === successes + failures &&
    successes === kept + sumOf(stats.dropped_by) &&
    failures === sumOf(stats.reasons) &&
    count === sumOf(stats.status_dict)
  );
}

function sumOf(table: Readonly<Record<string, number>>): number {
  return Object.values(table).reduce((sum, count) => sum + count, 0);
}

/** Whether a finished shard has a file of this kind. */
export function hasFile(stats: ShardStats, kind: ShardFileKind): boolean {
  return shardFileName(kind, stats.shard_id) in stats.files;
}
