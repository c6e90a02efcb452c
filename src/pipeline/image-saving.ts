import { ByteBudget } from '../base/byte-budget.ts';
import type { Decoded } from '../decode/decoder.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { extensionOf, type SavedSettings } from '../saved/settings.ts';
import type { Filter } from '../scores/filter.ts';
import { SavedTables } from '../tables/pictures/saved-tables.ts';
import { DiskRoom } from './disk-room.ts';
import { tagsOfRow } from './judge.ts';
import { type RowImage, RowImages } from './row-images.ts';
import type { ShardWork } from './shard-work.ts';

/** Images whose rows are still with the models: some hundreds of ordinary size. */
const HELD_SHARE = 0.25;

/** What decides which images of a run are saved, and where they wait. */
export interface ImageSavingOptions {
  readonly settings: SavedSettings;
  readonly filter: Filter;
  /** Whether heads' scores take the place of all of the input's own. */
  readonly recomputeTags: boolean;
  readonly stagingFolder: string;
  readonly maxBytesInFlight: number;
  readonly progress: ScoreProgress;
}

/** The saving of images in a run: gives each shard a place for them, and knows which rows are wanted. */
export class ImageSaving {
  readonly settings: SavedSettings;
  readonly tables: SavedTables;
  readonly room: DiskRoom;
  readonly #options: ImageSavingOptions;
  readonly #budget: ByteBudget;
  readonly #open = new Set<RowImages>();

  private constructor(options: ImageSavingOptions, tables: SavedTables) {
    this.settings = options.settings;
    this.tables = tables;
    this.room = new DiskRoom(options.stagingFolder, options.progress);
    this.#options = options;
    this.#budget = new ByteBudget(HELD_SHARE * options.maxBytesInFlight);
  }

  static async open(options: ImageSavingOptions): Promise<ImageSaving> {
    return new ImageSaving(options, await SavedTables.open(options.stagingFolder));
  }

  /** Begins to keep the images of a shard. */
  begin(work: ShardWork): void {
    const { stagingFolder: folder } = this.#options;
    const images = new RowImages(work.shard.spec.id, { folder, budget: this.#budget });
    this.#open.add(images);
    work.keepImages(images, (index) => this.#isWanted(work, index));
  }

  /** Ends it. */
  async end({ images }: ShardWork): Promise<void> {
    if (!images) return;
    this.#open.delete(images);
    await images.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((images) => images.close()));
    this.tables.close();
  }

  #isWanted(work: ShardWork, index: number): boolean {
    if (work.states[index]!.kind !== 'embedded') return false;
    const { settings, filter, recomputeTags } = this.#options;
    return settings.rows === 'scored' || filter.judge(tagsOfRow(work, index, recomputeTags)).kept;
  }
}

/** The image that is saved of a row: what the decoder made for that, or the file as it came. */
export function imageToSave(
  { saved, format, width, height }: Omit<Decoded, 'crops'>,
  file: Uint8Array,
): RowImage {
  if (!saved) return { bytes: file, extension: extensionOf(format), width, height };
  return { bytes: saved.bytes, extension: saved.format, width: saved.width, height: saved.height };
}
