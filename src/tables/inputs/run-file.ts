import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TableError } from '../errors.ts';
import { fingerprintFile } from './bytes.ts';

/**
 * The Parquet files of a run's shards, and how their stats file is called (docs/formats.md). Known here although the format
 * is that of `runs`: whatever opens a Parquet file opens it by this room, and `shards` and `store` stand below `runs`.
 */
const SHARD_FILE = /^(tags\/|metadata\/metadata_)(\d+)\.parquet$/;

/**
 * Holds a file of a finished shard against the sha256 in its shard's stats: Parquet's own checksums are optional, and a
 * changed byte in a page can be another score. Files that no stats name are let through.
 *
 * @throws TableError BB_RUN_CORRUPT
 */
export async function refuseDamagedRunFile(path: string): Promise<void> {
  const name = `${basename(dirname(path))}/${basename(path)}`;
  const shard = SHARD_FILE.exec(name)?.[2];
  if (shard === undefined) return;
  const wanted = await statedDigest(join(dirname(dirname(path)), 'stats', `${shard}_stats.json`), name);
  if (wanted === undefined || (await fingerprintFile(path)).fingerprint === wanted) return;
  throw new TableError(
    'BB_RUN_CORRUPT',
    `${path} is damaged: its content is not what the run wrote (sha256 in stats/${shard}_stats.json). ` +
      'Remove it and give the command of its run again: its shard will be redone.',
    { fields: { path } },
  );
}

async function statedDigest(statsPath: string, name: string): Promise<string | undefined> {
  try {
    const stats = JSON.parse(await readFile(statsPath, 'utf8')) as {
      files?: Record<string, { sha256?: string } | undefined>;
    } | null;
    return stats?.files?.[name]?.sha256;
  } catch {
    return undefined;
  }
}
