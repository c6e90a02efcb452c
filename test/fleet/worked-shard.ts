import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type FileSystem, fileSystem, withFileSystem } from '../../src/base/file-system.ts';
import { writeNewFile } from '../../src/base/files.ts';
import { FolderBackend } from '../../src/fleet/folder-backend.ts';
import { SharedRun } from '../../src/fleet/shared-run.ts';
import { digestFile } from '../../src/runs/file-digest.ts';
import { checkShardFile, nameInRunFolder, readFinishedShard } from '../../src/runs/finished-shard.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import { emptyCounts, type ShardStats } from '../../src/runs/stats.ts';

/** Makes a run folder that workers share. */
export async function makeSharedRun(path: string): Promise<SharedRun> {
  await new RunFolder(path).create({ saveEmbeddings: true, savedImages: {} });
  const run = new SharedRun(path);
  await run.create();
  return run;
}

/** Lays files of shard 0, which all hold `text`, and a folder of images into the folder of a worker, and gives their stats. */
export async function workShard(
  run: SharedRun,
  worker: string,
  text: string,
  kinds: readonly ('tags' | 'partials' | 'embeddings' | 'metadata')[] = [
    'tags',
    'partials',
    'embeddings',
    'metadata',
  ],
): Promise<ShardStats> {
  const scratch = new RunFolder(await run.makeWorkFolder(worker));
  const files: Record<string, ShardStats['files'][string]> = {};
  for (const path of kinds.map((kind) => scratch.shardFile(kind, 0))) {
    await mkdir(dirname(path), { recursive: true });
    await writeNewFile(path, `${text} ${nameInRunFolder(path)}`);
    files[nameInRunFolder(path)] = await digestFile(path);
  }
  const folder = join(scratch.path, 'images', '00000');
  await mkdir(folder, { recursive: true });
  await writeNewFile(join(folder, '0.jpg'), text);
  files['images/00000'] = await digestFile(folder);
  const numbers = { download: 0, decode: 0, embed: 0 };
  return {
    ...emptyCounts(),
    ...{ format: 'bowerbird-shard-stats', version: 1, shard_id: 0, input: text, first_row: 0 },
    ...{ start_time: 1, end_time: 1, duration: 0, stage_seconds: numbers, stage_slots: numbers },
    score_histogram: {} as ShardStats['score_histogram'],
    files,
  };
}

/** Commits the shard of a worker. @param files what it works on from there */
export async function commitWorked(
  path: string,
  worker: string,
  stats: ShardStats,
  files: FileSystem = fileSystem(),
): Promise<boolean> {
  const { isOurs } = await withFileSystem(files, () => new SharedRun(path).commit(worker, stats));
  return isOurs;
}

/** Takes a worker of a run in a folder for dead. */
export async function bury(path: string, worker: string): Promise<void> {
  await new FolderBackend(path).bury(worker, () => new SharedRun(path).settle());
}

/** The worker whose shard stands, every file of it as the stats say; undefined where none does. */
export async function standingWorker(path: string): Promise<string | undefined> {
  const folder = new RunFolder(path);
  const stats = await readFinishedShard(folder.stats(0), 0);
  for (const name of Object.keys(stats?.files ?? {})) await checkShardFile(folder.file(name), stats!);
  return stats?.input;
}
