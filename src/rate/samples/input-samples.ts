import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BowerbirdError } from '../../base/errors.ts';
import { makeTemporaryFolder } from '../../base/temporary-folder.ts';
import { RenderedCache } from '../../browse/pictures/rendered-cache.ts';
import { Renderer } from '../../browse/pictures/renderer.ts';
import { type SampleName, sampleId } from '../../feedback/answer.ts';
import type { Picture } from '../../pictures/picture.ts';
import { PictureReader } from '../../pictures/picture-reader.ts';
import type { SampleFailure } from '../../samples/reasons.ts';
import { ShardDatabase } from '../../shards/database.ts';
import { holdsPictures, planRun, type RunPlan } from '../../shards/plan.ts';
import type { StagedShard } from '../../shards/staged-shard.ts';
import { ImageColumnReader } from '../../tables/pictures/column-reader.ts';
import { WebError } from '../../web/http-error.ts';
import type { RateOptions } from '../options.ts';
import { noImageColumn, noImages, noPictures } from './errors.ts';
import { nameOf } from './name.ts';
import type { RatedSample, RatedSamples } from './rated-samples.ts';

/** What `score` makes of them where it is told nothing else: keys are the same. */
const SAMPLES_PER_SHARD = 10_000;
const MAX_BYTES_IN_FLIGHT = 128 * 1024 * 1024;
const CACHE_BYTES = 64 * 1024 * 1024;
const MAX_CAPTION_CHARACTERS = 1000;

/** An image as it was listed. */
interface ListedImage extends RatedSample {
  read(): Promise<Picture | SampleFailure>;
}

/**
 * The images of a folder, of tar archives or of a column, listed as `score` lists them, under the same keys and hashes.
 *
 * @throws TableError as `planRun`; BowerbirdError BB_INPUT_EMPTY, BB_TEMPORARY_FOLDER, BB_DISK_FULL; the signal's reason
 */
export async function openInputSamples(options: RateOptions): Promise<RatedSamples> {
  const { source, maxBytes, memoryLimitMb } = options;
  const folder = await makeTemporaryFolder('rate');
  const database = { memoryLimitMb, temporaryFolder: join(folder, 'spill') };
  const limits = { maxBytes, maxBytesInFlight: Math.max(maxBytes, MAX_BYTES_IN_FLIGHT) };
  const column = new ImageColumnReader(database, limits);
  const close = async (): Promise<void> => {
    await column.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const plan = await planRun({
      inputs: [source],
      isPicturesOnly: true,
      samplesPerShard: SAMPLES_PER_SHARD,
      stagingFolder: join(folder, 'staging'),
      onNote: options.onNote,
    });
    if (!holdsPictures(plan)) throw noPictures(source, 'score it with --save-images and give the run');
    const images = await listImages(plan, { column, files: new PictureReader(limits) }, options);
    if (images.length === 0) throw noPictures(source, 'see why none of its images could be listed');
    return new InputSamples(basename(source), images, close);
  } catch (thrown) {
    await close();
    throw inWordsOfPictures(source, thrown);
  }
}

/** Planning speaks of what may be scored: tables of URLs, and flags that are not had here. */
function inWordsOfPictures(source: string, thrown: unknown): unknown {
  if (!(thrown instanceof BowerbirdError)) return thrown;
  if (thrown.code === 'BB_COLUMN_MISSING') return noImageColumn(source, thrown);
  const isFolder = statSync(source, { throwIfNoEntry: false })?.isDirectory() === true;
  return thrown.code === 'BB_INPUT_NOT_FOUND' && isFolder ? noImages(source, thrown) : thrown;
}

interface Readers {
  readonly files: PictureReader;
  readonly column: ImageColumnReader;
}

async function listImages(
  plan: RunPlan,
  readers: Readers,
  { memoryLimitMb, threads, onProgress, signal }: RateOptions,
): Promise<ListedImage[]> {
  const temporaryFolder = await makeTemporaryFolder('rate');
  const database = await ShardDatabase.open({ memoryLimitMb, threads, temporaryFolder });
  const images: ListedImage[] = [];
  try {
    for await (const shard of database.readShards(plan, new Set(plan.shards.keys()))) {
      signal?.throwIfAborted();
      for (const image of await imagesOf(shard, plan, readers))
        images.push({ ...image, number: images.length });
      await shard.release();
      onProgress?.('samples', images.length);
    }
  } finally {
    await database.close();
    await rm(temporaryFolder, { recursive: true, force: true });
  }
  return images;
}

async function imagesOf(
  shard: StagedShard,
  plan: RunPlan,
  { files, column }: Readers,
): Promise<Omit<ListedImage, 'number'>[]> {
  const { spec, keys, hashes, pictures, unread } = shard;
  const { readPath, imageColumn } = plan.inputs[spec.inputIndex]!;
  const indexes = keys.map((_, index) => index).filter((index) => !unread.has(index));
  const captions = await shard.readCaptions(indexes);
  return indexes.map((index, place) => {
    const at = pictures?.at(index);
    return {
      name: nameOf(String(hashes[index]!), keys[index]!),
      caption: captions[place]?.slice(0, MAX_CAPTION_CHARACTERS) ?? null,
      read: () =>
        at
          ? files.read(at)
          : column.read({ file: readPath, column: imageColumn!, row: spec.firstRow + index }),
    };
  });
}

class InputSamples implements RatedSamples {
  readonly title: string;
  readonly pictured: Int32Array;
  readonly #images: readonly ListedImage[];
  readonly #renderer = new Renderer();
  readonly #cache = new RenderedCache(CACHE_BYTES);
  readonly #byName = new Map<string, ListedImage>();
  readonly #close: () => Promise<void>;

  constructor(title: string, images: readonly ListedImage[], close: () => Promise<void>) {
    this.title = title;
    this.#images = images;
    this.#close = close;
    this.pictured = Int32Array.from(images.keys());
    for (const image of images) {
      for (const name of [sampleId(image.name), sampleId({ key: image.name.key! })])
        if (!this.#byName.has(name)) this.#byName.set(name, image);
    }
  }

  async at(numbers: readonly number[]): Promise<RatedSample[]> {
    return numbers.map((number) => this.#images[number]!);
  }

  async find(names: readonly SampleName[]): Promise<ReadonlyMap<string, RatedSample>> {
    return new Map(
      names.flatMap((name) => {
        const image = this.#byName.get(sampleId(name));
        return image ? [[sampleId(name), image] as const] : [];
      }),
    );
  }

  async webpOf(number: number, signal: AbortSignal): Promise<Buffer> {
    const cached = this.#cache.get(String(number));
    if (cached) return cached;
    const picture = await this.#images[number]!.read();
    if (picture.kind === 'failed') throw new WebError('BB_HTTP_NO_PICTURE', `${picture.message}.`);
    try {
      const rendered = await this.#renderer.render(picture.bytes, 'large', signal);
      if (rendered.kind === 'failed') throw new WebError('BB_HTTP_NO_PICTURE', `${rendered.message}.`);
      this.#cache.set(String(number), rendered.webp);
      return rendered.webp;
    } finally {
      picture.release();
    }
  }

  async close(): Promise<void> {
    await this.#renderer.stop();
    await this.#close();
  }
}
