import type { RunFolder } from '../runs/run-folder.ts';
import { savedPlace } from '../runs/saved-place.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import { EarlierImages } from '../saved/earlier-images.ts';
import { type SavedImages, SavedShard } from '../saved/saved-shard.ts';
import type { EarlierShard } from './earlier-shard.ts';
import type { ImageSaving } from './image-saving.ts';
import type { JudgedShard } from './judge.ts';
import type { SpooledImage } from './row-images.ts';
import type { ShardWork } from './shard-work.ts';

/** A judged shard whose images are saved. */
export interface WorkWithImages {
  readonly folder: RunFolder;
  readonly work: ShardWork;
  readonly judged: JudgedShard;
  readonly provenance: Provenance;
  /** What an earlier run saved of the shard, where its failed rows were tried again. */
  readonly earlier: EarlierShard | undefined;
}

/** Where the image of a row is to be read. */
type Source = (SpooledImage & { readonly from: 'spool' }) | (SavedRowImage & { readonly from: 'earlier' });

type SavedRowImage = NonNullable<ReturnType<EarlierImages['get']>>;

/** The images of a complete shard, and what writes their files. @throws BowerbirdError BB_RUN_CORRUPT, BB_DISK_FULL, BB_SHARD_WRITE */
export async function savedWork(
  { folder, work, judged, provenance, earlier }: WorkWithImages,
  { settings, tables, room }: ImageSaving,
): Promise<SavedShard> {
  const spooled = await work.images!.settled();
  await room.expect([...spooled.values()].reduce((sum, { place }) => sum + place.bytes, 0));
  const before = earlier?.stats.saved
    ? await EarlierImages.open(await savedPlace(folder, earlier.stats, settings), tables, folder.staging)
    : undefined;
  const isSaved = (index: number): boolean =>
    settings.rows === 'kept' ? judged.results.kept[index] === 1 : judged.results.status[index] === 'success';
  const indexes = work.states.flatMap((_, index) => (isSaved(index) ? [index] : []));
  const sources = await orClosed(before, () =>
    indexes.map((index) => sourceOf(work, index, spooled, before)),
  );
  const sizes = {
    indexes: Int32Array.from(indexes),
    widths: Int32Array.from(sources, ({ width }) => width),
    heights: Int32Array.from(sources, ({ height }) => height),
  };
  const { imageColumn } = settings;
  return new SavedShard({
    settings,
    tables,
    images: imagesOf(work, sources, before),
    writeRows: (path) => work.shard.writeSaved(path, judged.results, provenance, { sizes, imageColumn }),
  });
}

/** What a step gives; where it fails, nothing stays open. */
async function orClosed<T>(images: EarlierImages | undefined, step: () => T): Promise<T> {
  try {
    return step();
  } catch (thrown) {
    await images?.close();
    throw thrown;
  }
}

function sourceOf(
  { shard }: ShardWork,
  index: number,
  spooled: ReadonlyMap<number, SpooledImage>,
  before: EarlierImages | undefined,
): Source {
  const fresh = spooled.get(index);
  if (fresh) return { ...fresh, from: 'spool' };
  const key = shard.keys[index]!;
  const saved = before?.get(key);
  if (!saved) throw new Error(`the image of row ${key} is wanted and was not kept`);
  return { ...saved, from: 'earlier' };
}

function imagesOf(
  { images }: ShardWork,
  sources: readonly Source[],
  before: EarlierImages | undefined,
): SavedImages {
  return {
    count: sources.length,
    extension: (row) => sources[row]!.extension,
    read: (row) => {
      const source = sources[row]!;
      return source.from === 'spool' ? images!.read(source) : source.read();
    },
    close: async () => before?.close(),
  };
}
