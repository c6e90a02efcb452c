import { removeQuietly, temporaryPath } from '../base/files.ts';
import { EarlierImages } from '../saved/earlier-images.ts';
import { SavedShard } from '../saved/saved-shard.ts';
import type { SavedSettings } from '../saved/settings.ts';
import type { VerdictFiles, Verdicts } from '../shards/verdicts.ts';
import type { SavedTables } from '../tables/pictures/saved-tables.ts';
import type { RunFolder } from './run-folder.ts';
import { savedPlace } from './saved-place.ts';
import type { ShardStats } from './stats.ts';

/** A finished shard that is judged anew, with the new verdicts on the rows whose images it has. */
interface RejudgedImages {
  readonly folder: RunFolder;
  readonly stats: ShardStats;
  readonly files: VerdictFiles;
  readonly verdicts: Verdicts;
}

/** The saved images of a finished shard with other verdicts beside them. @throws BowerbirdError BB_RUN_CORRUPT, BB_SHARD_READ */
export async function rejudgedImages(
  { folder, stats, files, verdicts }: RejudgedImages,
  settings: SavedSettings,
  tables: SavedTables,
): Promise<SavedShard> {
  const place = await savedPlace(folder, stats, settings);
  const earlier = await EarlierImages.open(place, tables, folder.staging);
  const images = earlier.inOrder([...earlier.keys]);
  const writeRows = async (path: string): Promise<void> => {
    if (settings.outputFormat !== 'parquet') return files.write(place.table, path, verdicts);
    const rows = temporaryPath(path);
    try {
      await tables.dropColumn(place.table, rows, settings.imageColumn);
      await files.write(rows, path, verdicts);
    } finally {
      await removeQuietly(rows);
    }
  };
  return new SavedShard({ settings, tables, images, writeRows });
}
