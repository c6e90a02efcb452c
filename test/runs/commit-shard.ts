import { join } from 'node:path';
import { BowerbirdError } from '../../src/base/errors.ts';
import { type FileSystem, fileSystem, withFileSystem } from '../../src/base/file-system.ts';
import { writeNewFile } from '../../src/base/files.ts';
import { takeLock } from '../../src/base/lock.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import { ShardFiles } from '../../src/runs/shard-files.ts';
import { emptyCounts, type ShardStats } from '../../src/runs/stats.ts';

/** The stats of a shard that holds what `files` has staged. */
export function statsOf(files: ShardFiles, startTime: number): ShardStats {
  const numbers = { download: 0, decode: 0, embed: 0 };
  return {
    ...emptyCounts(),
    ...{ format: 'bowerbird-shard-stats', version: 1, shard_id: 0, input: 'a', first_row: 0 },
    ...{ start_time: startTime, end_time: startTime, duration: 0 },
    ...{ stage_seconds: numbers, stage_slots: numbers, score_histogram: {} as ShardStats['score_histogram'] },
    files: { ...files.digests },
  };
}

/** How a shard is committed. */
interface ShardCommit {
  /** The finished shard that it is made from. */
  readonly replaced?: ShardStats;
  /** What it is written to, once the folder is taken. */
  readonly files?: FileSystem;
}

/** Takes a run folder and commits a shard with a file of each kind, which hold one text. */
export async function commitShardFiles(
  path: string,
  text: string,
  { replaced, files = fileSystem() }: ShardCommit = {},
): Promise<ShardStats> {
  const folder = new RunFolder(path);
  await folder.create({ saveEmbeddings: true });
  const lock = await takeLock(join(path, '.lock'), (who) => new BowerbirdError('BB_RUN_LOCKED', who));
  try {
    return await withFileSystem(files, () =>
      commitFiles(new ShardFiles(folder, lock, 0), folder, text, replaced),
    );
  } finally {
    await lock.release();
  }
}

async function commitFiles(
  files: ShardFiles,
  folder: RunFolder,
  text: string,
  replaced: ShardStats | undefined,
): Promise<ShardStats> {
  const first = [folder.tags(0), folder.partials(0), folder.embeddings(0)];
  try {
    for (const path of [...first, folder.metadata(0), folder.thumbnails(0)])
      await files.stage(path, (temporary) => writeNewFile(temporary, `${text} ${path}`));
    return await files.commit(statsOf(files, 1), replaced);
  } catch (thrown) {
    await files.discard();
    throw thrown;
  }
}
