import { writeNewFile } from '../base/files.ts';
import type { Lock } from '../base/lock.ts';
import type { BucketSums } from '../scores/bucket-sums.ts';
import { encodePartials } from '../tables/partials.ts';
import { SHARD_FILE_KINDS, type ShardFileKind } from './run-files.ts';
import type { RunFolder } from './run-folder.ts';
import { ShardFiles } from './shard-files.ts';
import type { ShardStats } from './stats.ts';

/**
 * What makes one of a shard's files, whole, once the shard's rows have their verdicts.
 *
 * @template Shard the shard with all that its files are made from
 */
export interface Sink<Shard> {
  /** Whether this shard has such a file; where it is left out, every shard has. */
  isWanted?(shard: Shard): boolean;
  /** Writes the file under a temporary name. The same shard gives the same bytes. */
  write(path: string, shard: Shard): Promise<void>;
}

/** A sink for each kind of file that is written. */
export type Sinks<Shard> = Readonly<Partial<Record<ShardFileKind, Sink<Shard>>>>;

/** A shard to commit. */
export interface ShardCommit<Shard> {
  readonly folder: RunFolder;
  readonly lock: Lock;
  readonly shardId: number;
  readonly shard: Shard;
  readonly sinks: Sinks<Shard>;
  /** The finished shard that this was made from. */
  readonly replaced: ShardStats | undefined;
  /** The shard's stats; asked for once all files are staged, whose digests it is given. */
  describe(files: ShardStats['files']): ShardStats;
}

/**
 * Writes a shard's files in the order of `SHARD_FILES` and publishes them, the stats file, which marks the shard as done,
 * last. Gives the stats that stand then: somebody else's where they were first (see `ShardFiles`).
 *
 * @throws BowerbirdError BB_SHARD_WRITE, BB_DISK_FULL, BB_RUN_LOCKED, and what sinks throw; then nothing has changed
 */
export async function commitShard<Shard>(commit: ShardCommit<Shard>): Promise<ShardStats> {
  const { folder, lock, shardId, shard, sinks, replaced } = commit;
  const files = new ShardFiles(folder, lock, shardId);
  try {
    for (const kind of SHARD_FILE_KINDS) {
      const sink = sinks[kind];
      if (!sink || sink.isWanted?.(shard) === false) continue;
      await files.stage(folder.shardFile(kind, shardId), (path) => sink.write(path, shard));
    }
    return await files.commit(commit.describe(files.digests), replaced);
  } catch (thrown) {
    await files.discard();
    throw thrown;
  }
}

/** The partial sums of a shard, whatever rows they were taken over. */
export const partialsSink: Sink<{ readonly sums: BucketSums }> = {
  write: (path, { sums }) => writeNewFile(path, encodePartials(sums.toPartials())),
};
