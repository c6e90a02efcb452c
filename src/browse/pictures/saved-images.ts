import { RecentMap } from '../../base/recent-map.ts';
import { unread } from '../../pictures/failures.ts';
import type { PictureRun } from '../collection.ts';
import type { InputTools } from './input-pictures.ts';
import type { PicturePlace } from './picture-place.ts';
import type { RunKeys } from './run-keys.ts';
import { SavedRows } from './saved-rows.ts';
import { type SavedPictures, savedOpeners } from './saved-shards.ts';

/** Shards of which it is kept where their images lie: 16 bytes an image. */
const MOST_SHARDS = 256;

/** What a run that saves its images is opened with. */
export interface SavedTools extends InputTools {
  readonly keys: RunKeys;
  readonly onNote: (note: string) => void;
  /** Has the images of a shard at hand before they are opened. */
  readonly fetchImages?: ((shardId: number) => Promise<void>) | undefined;
}

/** Opens the images that a run saved (docs/saved-images.md); undefined where it saved none. */
export async function openSaved(
  { path: runFolder, record: { settings } }: PictureRun,
  tools: SavedTools,
): Promise<PicturePlace | undefined> {
  if (typeof settings['save_images'] !== 'string') return undefined;
  const { keys } = tools;
  const rows = await SavedRows.read(tools.connection, runFolder, tools);
  if (rows.isEmpty) return undefined;
  const { openers, close } = savedOpeners(tools, String(settings['encode_format'] ?? 'jpg'));
  const opener = openers[String(settings['output_format'])];
  const shards = new RecentMap<number, Promise<SavedPictures | undefined>>(MOST_SHARDS);
  return {
    origin: 'saved',
    has: (shardId, index) => rows.placeOf(shardId, index) !== undefined,
    async read({ shardId, index }) {
      const open = async (): Promise<SavedPictures | undefined> => {
        await tools.fetchImages?.(shardId);
        return opener?.({ runFolder, shardId, keys, rows });
      };
      const shard = shards.get(shardId) ?? open().catch(() => undefined);
      shards.set(shardId, shard);
      const pictures = await shard;
      return pictures
        ? pictures.read(rows.placeOf(shardId, index)!)
        : unread('file_unreadable', 'The saved images of its shard cannot be read');
    },
    close,
  };
}
