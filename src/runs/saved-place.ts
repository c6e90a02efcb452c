import type { EarlierPlace } from '../saved/earlier-images.ts';
import type { SavedSettings } from '../saved/settings.ts';
import { checkShardFile } from './finished-shard.ts';
import type { RunFolder } from './run-folder.ts';
import { hasFile, type ShardStats } from './stats.ts';

const IMAGE_FILES = { webdataset: 'savedArchive', files: 'savedFolder', parquet: 'savedTable' } as const;

/** Where a finished shard's saved images lie. @throws BowerbirdError BB_RUN_CORRUPT where they are not what was written */
export async function savedPlace(
  folder: RunFolder,
  stats: ShardStats,
  settings: SavedSettings,
): Promise<EarlierPlace> {
  const table = folder.shardFile('savedTable', stats.shard_id);
  const kind = IMAGE_FILES[settings.outputFormat];
  const images = hasFile(stats, kind) ? folder.shardFile(kind, stats.shard_id) : undefined;
  for (const path of new Set([table, images])) if (path !== undefined) await checkShardFile(path, stats);
  return { settings, table, images };
}
