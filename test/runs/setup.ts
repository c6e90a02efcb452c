import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { type Lock, takeLock } from '../../src/base/lock.ts';
import { encodeNpy } from '../../src/base/npy.ts';
import { commitShard, partialsSink, type Sinks } from '../../src/runs/commit.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { sortedTable } from '../../src/runs/sorted-table.ts';
import { describeShard, emptyCounts, type ShardStats } from '../../src/runs/stats.ts';
import { type ReportThumbnail, thumbnailFile } from '../../src/runs/thumbnails.ts';
import { BucketSums } from '../../src/scores/bucket-sums.ts';
import { createFilter } from '../../src/scores/filter.ts';
import { Histogram } from '../../src/scores/histogram.ts';
import { filterOptions, type Thresholds } from '../../src/scores/thresholds.ts';
import { writeSmallTable } from '../../src/tables/small-table.ts';
import { makeFolder } from '../helpers/make-folder.ts';

/** A run's record with nothing unusual in it, but for what is given. */
export function recordWith(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 'bowerbird-run',
    version: 1,
    bowerbird_version: '0.2.0',
    state: 'running',
    settings: { batch_size: 8, transform: 'exact', allow_private_addresses: false },
    thresholds: THRESHOLDS,
    inputs: [inputWith('/in/a.parquet'), inputWith('/in/b.parquet')],
    rows: 6,
    shards: 2,
    columns: { url: 'URL', caption: 'TEXT' },
    parts: [],
    schema: [{ name: 'URL', type: 'VARCHAR' }],
    encoder: {
      name: 'builtin',
      description: 'the one that comes along',
      digest: 'e1',
      dimension: 2,
      provider: 'cpu',
      batch_invariant: true,
    },
    heads: { aesthetic: { name: 'builtin', digest: 'h1' }, punsafe: null, pwatermark: null },
    sessions: [sessionAt('2024-01-01T00:00:00.000Z')],
    ...changes,
  };
}

export function inputWith(path: string, fingerprint = `of ${path}`): RunRecord['inputs'][number] {
  return { path, format: 'parquet', rows: 3, bytes: 100, fingerprint };
}

export function sessionAt(started: string): RunRecord['sessions'][number] {
  return {
    ...{ started_at: started, ended_at: null, command: 'bowerbird score', bowerbird_version: '0.2.0' },
    ...{ node: 'v20.19.0', platform: 'linux x64', provider: 'cpu' },
  };
}

export const THRESHOLDS: Thresholds = {
  ...{ min_aesthetic: 5, max_punsafe: 0.5, max_pwatermark: null },
  missing_tags: 'drop',
};

/** A run folder that is taken. */
export interface TakenFolder {
  readonly folder: RunFolder;
  readonly lock: Lock;
}

export async function takeFolder(t: ExecutionContext): Promise<TakenFolder> {
  const folder = new RunFolder(await makeFolder(t));
  await folder.create({ saveEmbeddings: true });
  const lock = await takeLock(join(folder.path, '.lock'), (who) => new BowerbirdError('BB_RUN_LOCKED', who));
  t.teardown(() => lock.release());
  return { folder, lock };
}

/** A row of a shard: scored unless it failed; null for a tag that it has not. */
export interface MadeRow {
  readonly failed?: true;
  readonly aesthetic?: number | null;
  readonly punsafe?: number | null;
}

interface MadeShard {
  readonly id: number;
  readonly rows: readonly (MadeRow & { readonly kept: boolean; readonly droppedBy: string | null })[];
  readonly sums: BucketSums;
  readonly thumbnails: readonly ReportThumbnail[];
}

const TAG_COLUMNS = [
  { name: 'key', type: 'string' },
  { name: 'status', type: 'string' },
  { name: 'aesthetic', type: 'float64' },
  { name: 'punsafe', type: 'float64' },
  { name: 'pwatermark', type: 'float64' },
  { name: 'kept', type: 'boolean' },
  { name: 'dropped_by', type: 'string' },
] as const;

const SINKS: Sinks<MadeShard> = {
  tags: { write: (path, shard) => writeTable(path, shard, shard.rows) },
  partials: partialsSink,
  embeddings: {
    write: (path, { rows }) => writeFile(path, encodeNpy('float16', [1, 2], rowOf(rows.length))),
  },
  metadata: {
    write: (path, shard) =>
      writeTable(
        path,
        shard,
        shard.rows.filter(({ failed }) => !failed),
      ),
  },
  thumbnails: {
    isWanted: ({ thumbnails }) => thumbnails.length > 0,
    write: (path, { thumbnails }) => writeFile(path, thumbnailFile(thumbnails)),
  },
};

const rowOf = (value: number): Float32Array => Float32Array.of(value, 0);

async function writeTable(
  path: string,
  { id, rows: all }: MadeShard,
  rows: MadeShard['rows'],
): Promise<void> {
  const cells = rows.map((row) => ({
    key: `${id}/${all.indexOf(row)}`,
    status: row.failed ? 'failed_to_download' : 'success',
    ...{ aesthetic: row.aesthetic, punsafe: row.punsafe, pwatermark: null, kept: row.kept },
    dropped_by: row.droppedBy,
  }));
  await writeSmallTable(path, TAG_COLUMNS, cells);
}

/** Commits a shard of such rows, as a run of 2 dimensions writes it; every row's embedding is (1, 0). */
export async function commitRows(
  { folder, lock }: TakenFolder,
  id: number,
  rows: readonly MadeRow[],
  { thresholds = THRESHOLDS, thumbnails = [] as readonly ReportThumbnail[] } = {},
): Promise<ShardStats> {
  const filter = createFilter(filterOptions(thresholds));
  const sums = new BucketSums(2);
  const histogram = new Histogram();
  const counts = emptyCounts();
  const judged = rows.map((row) => {
    counts.count++;
    if (row.failed) {
      counts.failed_to_download++;
      counts.reasons.timed_out = (counts.reasons.timed_out ?? 0) + 1;
      counts.status_dict['late'] = (counts.status_dict['late'] ?? 0) + 1;
      return { ...row, kept: false, droppedBy: null };
    }
    const score = row.aesthetic ?? Number.NaN;
    const tags = { aesthetic: score, punsafe: row.punsafe ?? Number.NaN, pwatermark: Number.NaN };
    const { kept, droppedBy } = filter.judge(tags);
    counts.successes++;
    counts.status_dict['success'] = (counts.status_dict['success'] ?? 0) + 1;
    if (kept) counts.kept++;
    if (droppedBy) counts.dropped_by[droppedBy] = (counts.dropped_by[droppedBy] ?? 0) + 1;
    if (Number.isFinite(score)) {
      sums.add(score, rowOf(1), 0);
      histogram.add(score, kept);
    }
    return { ...row, kept, droppedBy };
  });
  counts.dropped_by = sortedTable(counts.dropped_by);
  const numbers = { download: 1, decode: 2, embed: 3 };
  return commitShard({
    ...{ folder, lock, shardId: id, sinks: SINKS, replaced: undefined },
    shard: { id, rows: judged, sums, thumbnails },
    describe: (files) =>
      describeShard({
        ...{ shardId: id, input: '/in/a.parquet', firstRow: 0, counts, startMs: 1000, endMs: 3000 },
        ...{ stageSeconds: numbers, stageSlots: numbers, histogram, thresholds, files },
      }),
  });
}

/** A picture's row with this score, and what else is given. */
export function thumbnailOf(
  key: string,
  score: number,
  changes: Partial<ReportThumbnail> = {},
): ReportThumbnail {
  return {
    ...{ key, score, caption: null, url: null, punsafe: 0.1, pwatermark: null, width: 10, height: 10 },
    ...{ kept: true, dropped_by: null, mime_type: 'image/webp', thumbnail_base64: 'AA==' },
    ...changes,
  };
}
