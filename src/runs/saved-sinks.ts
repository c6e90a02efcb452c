import { writeNewFile } from '../base/files.ts';
import type { SavedShard } from '../saved/saved-shard.ts';
import type { Sink, Sinks } from './commit.ts';
import type { RowCounts } from './stats.ts';

/** What the files of saved images are made from; nothing where none are saved. */
export interface ShardWithImages {
  readonly saved: SavedShard | undefined;
  /** What became of the shard's rows, and in which time, in ms since 1970. */
  readonly counts: RowCounts;
  readonly startMs: number;
  readonly endMs: number;
}

/** A sink that writes something of the saved images, where there are any of that kind. */
function savedSink(
  isWanted: (saved: SavedShard) => boolean,
  write: (saved: SavedShard, path: string, shard: ShardWithImages) => Promise<void>,
): Sink<ShardWithImages> {
  return {
    isWanted: ({ saved }) => saved !== undefined && isWanted(saved),
    write: (path, shard) => write(shard.saved!, path, shard),
  };
}

/** What saved images are committed with. */
export const SAVED_SINKS: Sinks<ShardWithImages> = {
  savedTable: savedSink(
    () => true,
    (saved, path) => saved.writeTable(path),
  ),
  savedArchive: savedSink(
    ({ settings }) => settings.outputFormat === 'webdataset',
    (saved, path) => saved.writeTar(path),
  ),
  savedFolder: savedSink(
    ({ settings, images }) => settings.outputFormat === 'files' && images.count > 0,
    (saved, path) => saved.writeFolder(path),
  ),
  savedStats: savedSink(
    () => true,
    (saved, path, shard) => writeNewFile(path, `${JSON.stringify(statsOf(saved, shard), null, 2)}\n`),
  ),
};

/** img2dataset's stats of a shard, and what is saved of it. */
function statsOf(saved: SavedShard, { counts, startMs, endMs }: ShardWithImages): object {
  return {
    count: counts.count,
    successes: counts.successes,
    failed_to_download: counts.failed_to_download,
    failed_to_resize: counts.failed_to_resize,
    failed_to_embed: counts.failed_to_embed,
    duration: (endMs - startMs) / 1000,
    start_time: startMs / 1000,
    end_time: endMs / 1000,
    status_dict: counts.status_dict,
    saved: { images: saved.images.count, bytes: saved.savedBytes },
  };
}
