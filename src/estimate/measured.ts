import { shardFileName } from '../runs/run-files.ts';
import type { ShardStats } from '../runs/stats.ts';
import { type Figure, type FileCost, fileCost, perRow, type RowCost, rowCost, shareOf } from './figures.ts';
import type { SampleRun } from './sample-run.ts';

/** What the sample showed. */
export interface Measured {
  readonly rows: number;
  readonly shards: number;
  readonly successes: number;
  /** Of scoring, from the first row to the last. */
  readonly seconds: number;
  readonly startupSeconds: number;
  readonly perRow: RowCost;
  /** As they came. */
  readonly imageBytesPerRow: Figure;
  /** Share of the rows that ended in each way: `success`, and the reasons of those that failed. */
  readonly shares: Readonly<Record<string, Figure>>;
  readonly files: ShardFiles;
  readonly stagedBytes: number;
}

/** What the files of a shard take. */
export interface ShardFiles {
  /** Of those that grow with the rows: tags, embeddings, images. */
  readonly rowFiles: FileCost;
  /** Of those that do not: sums of buckets, stats. */
  readonly fixedBytesPerShard: number;
  /** Of the pictures of the report, which a run has of 64 shards at most. */
  readonly picturesBytes: number;
  /** Files of a shard, its stats and the pictures not among them. */
  readonly count: number;
}

/** What a sample that was scored shows. */
export function measure({ stats, readings, imageBytes, startupSeconds, stagedBytes }: SampleRun): Measured {
  const [first, last] = [readings[0]!, readings.at(-1)!];
  return {
    rows: stats.reduce((sum, { count }) => sum + count, 0),
    shards: stats.length,
    successes: stats.reduce((sum, { successes }) => sum + successes, 0),
    seconds: (last.atMs - first.atMs) / 1000,
    startupSeconds,
    perRow: rowCost(readings),
    imageBytesPerRow: imageBytesPerRow(stats, imageBytes),
    shares: sharesOf(stats),
    files: filesOf(stats),
    stagedBytes,
  };
}

/** Shards say how many bytes came from hosts; of images that lie in files only the sum is known. */
function imageBytesPerRow(stats: readonly ShardStats[], imageBytes: number): Figure {
  const rows = stats.reduce((sum, { count }) => sum + count, 0);
  const shards = stats.flatMap(({ count, hosts }) => (hosts ? [{ rows: count, sum: bytesOf(hosts) }] : []));
  return shards.length === stats.length ? perRow(shards) : { value: imageBytes / rows, interval: null };
}

function bytesOf({ listed, others }: NonNullable<ShardStats['hosts']>): number {
  return listed.reduce((sum, { bytes }) => sum + bytes, others.bytes);
}

/** The successes, then failures by their reasons, the most frequent first. */
function sharesOf(stats: readonly ShardStats[]): Record<string, Figure> {
  const share = (hitsOf: (shard: ShardStats) => number): Figure =>
    shareOf(stats.map((shard) => ({ rows: shard.count, hits: hitsOf(shard) })));
  const reasons = [...new Set(stats.flatMap((shard) => Object.keys(shard.reasons)))];
  const failures = reasons.map(
    (reason) => [reason, share((shard) => (shard.reasons as Record<string, number>)[reason] ?? 0)] as const,
  );
  failures.sort(([a, x], [b, y]) => y.value - x.value || (a < b ? -1 : 1));
  return Object.fromEntries([['success', share(({ successes }) => successes)], ...failures]);
}

function filesOf(stats: readonly ShardStats[]): ShardFiles {
  const sizes = stats.map((shard) => {
    const { shard_id: id, files, count: rows } = shard;
    const isFixed = (name: string): boolean => name === shardFileName('partials', id);
    const isPictures = (name: string): boolean => name === shardFileName('thumbnails', id);
    const of = (isWanted: (name: string) => boolean): number =>
      Object.entries(files).reduce((sum, [name, { bytes }]) => sum + (isWanted(name) ? bytes : 0), 0);
    return {
      rows,
      bytes: of((name) => !isFixed(name) && !isPictures(name)),
      fixed: of(isFixed) + Buffer.byteLength(JSON.stringify(shard)),
      pictures: of(isPictures),
      count: Object.keys(files).filter((name) => !isPictures(name)).length,
    };
  });
  const mean = (of: (size: (typeof sizes)[number]) => number): number =>
    sizes.reduce((sum, size) => sum + of(size), 0) / sizes.length;
  return {
    rowFiles: fileCost(sizes),
    fixedBytesPerShard: mean(({ fixed }) => fixed),
    picturesBytes: Math.max(...sizes.map(({ pictures }) => pictures)),
    count: Math.max(...sizes.map(({ count }) => count)),
  };
}
