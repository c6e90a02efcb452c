import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BowerbirdError, codeOf } from '../base/errors.ts';
import { digestFile, isThere } from './file-digest.ts';
import { parseStats, type ShardStats } from './stats.ts';

/**
 * A finished shard's stats, or undefined where the shard is not finished: no commit marker, one that is not this
 * shard's, or a file that it names is gone or has another size (someone removed it to have the shard redone).
 */
export async function readFinishedShard(statsPath: string, shardId: number): Promise<ShardStats | undefined> {
  const { stats } = await examineShard(statsPath, shardId);
  return stats;
}

/**
 * The stats of a shard of a run that is done, and so has all its shards.
 *
 * @throws BowerbirdError BB_RUN_CORRUPT with the file that is gone or damaged, where the shard is not finished
 */
export async function readShardOfDoneRun(statsPath: string, shardId: number): Promise<ShardStats> {
  const { stats, unfit } = await examineShard(statsPath, shardId);
  if (stats) return stats;
  throw new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${unfit} is gone, cut or damaged, though its run is done. Run the command that made it again: its shard will be redone.`,
    { fields: { path: unfit } },
  );
}

/** A finished shard's stats, or else the first file for which it does not count as finished. */
type ExaminedShard =
  | { readonly stats: ShardStats; readonly unfit?: never }
  | { readonly stats?: never; readonly unfit: string };

async function examineShard(statsPath: string, shardId: number): Promise<ExaminedShard> {
  let text: string;
  try {
    text = await readFile(statsPath, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return { unfit: statsPath };
    throw thrown;
  }
  const stats = parseStats(text, shardId);
  if (!stats) return { unfit: statsPath };
  const runFolder = dirname(dirname(statsPath));
  for (const [name, digest] of Object.entries(stats.files)) {
    const path = join(runFolder, name);
    if (!(await isThere(path, digest))) return { unfit: path };
  }
  return { stats };
}

/**
 * Reads a file that a finished shard's stats name.
 *
 * @throws BowerbirdError BB_RUN_CORRUPT where its content is not what was written
 */
export async function readShardFile(path: string, stats: ShardStats): Promise<Buffer> {
  const bytes = await readFile(path);
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest === stats.files[nameInRunFolder(path)]?.sha256) return bytes;
  throw damagedFile(path);
}

/**
 * Checks a file that a finished shard's stats name, whatever its size.
 *
 * @throws BowerbirdError BB_RUN_CORRUPT where its content is not what was written
 */
export async function checkShardFile(path: string, stats: Pick<ShardStats, 'files'>): Promise<void> {
  const { sha256 } = await digestFile(path);
  if (sha256 !== stats.files[nameInRunFolder(path)]?.sha256) throw damagedFile(path);
}

function damagedFile(path: string): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${path} is damaged: its content is not what was written. ` +
      'Remove it and run the same command again: its shard will be redone.',
    { fields: { path } },
  );
}

/** A file's name within its run folder: `tags/00000.parquet`. */
export function nameInRunFolder(path: string): string {
  return `${basename(dirname(path))}/${basename(path)}`;
}
