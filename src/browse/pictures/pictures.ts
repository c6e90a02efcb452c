import type { Downloaded, Downloader } from '../../download/downloader.ts';
import type { Picture } from '../../pictures/picture.ts';
import type { SampleFailure } from '../../samples/reasons.ts';
import { WebError } from '../../web/http-error.ts';
import type { Collection } from '../collection.ts';
import { FATES } from '../fates.ts';
import type { Foreground } from '../foreground.ts';
import type { RowTexts } from '../row-texts.ts';
import type { ScoreIndex } from '../score-index.ts';
import type { PictureOrigin, PicturePlace } from './picture-place.ts';
import { RenderedCache } from './rendered-cache.ts';
import type { PictureSize, Renderer } from './renderer.ts';
import type { RunKeys } from './run-keys.ts';

const CACHE_BYTES = 64 * 1024 * 1024;

/** The pictures of a run that lie on this machine. */
export interface RunPictures {
  readonly keys: RunKeys;
  /** Where they lie, best first. */
  readonly places: readonly PicturePlace[];
}

/** What pictures are made from. */
export interface PictureParts {
  readonly collection: Collection;
  readonly index: ScoreIndex;
  /** In the order of the collection's. */
  readonly runs: readonly RunPictures[];
  readonly texts: Pick<RowTexts, 'one'>;
  /** What is made from pictures of this machine holds up what nobody waits for. */
  readonly foreground: Foreground;
  /** Fetches pictures anew; absent where nobody asked for that. */
  readonly downloader: Downloader | undefined;
  readonly renderer: Renderer;
}

/** How a picture is asked for. */
export interface PictureRequest {
  readonly size: PictureSize;
  /** From its host, in spite of what lies on this machine. */
  readonly refetch: boolean;
  readonly signal: AbortSignal;
}

/** The pictures of a collection's rows. */
export class Pictures {
  readonly #parts: PictureParts;
  readonly #cache = new RenderedCache(CACHE_BYTES);
  /** By row, 0 where no picture is on this machine, else the number of its place, from 1. */
  readonly #placeNumbers: Uint8Array;

  constructor(parts: PictureParts) {
    this.#parts = parts;
    this.#placeNumbers = findPlaces(parts);
  }

  /** 1 where a row's picture is on this machine. */
  marks(): Uint8Array {
    return this.#placeNumbers.map((number) => Math.min(number, 1));
  }

  /** Where a row's picture comes from; undefined where none is on this machine. */
  originOf(row: number): PictureOrigin | undefined {
    return this.#placeOf(row)?.origin;
  }

  /**
   * A row's picture as WebP.
   *
   * @throws WebError BB_HTTP_NO_PICTURE, BB_HTTP_FORBIDDEN; the signal's reason
   */
  async webpOf(row: number, { size, refetch, signal }: PictureRequest): Promise<Buffer> {
    const key = `${row} ${size} ${refetch}`;
    const cached = this.#cache.get(key);
    if (cached) return cached;
    const webp = refetch
      ? await this.#render(await this.#refetch(row, signal), size, signal)
      : await this.#parts.foreground.run(async () => this.#render(await this.#read(row), size, signal));
    this.#cache.set(key, webp);
    return webp;
  }

  /** The bytes of a row's picture as they lie on this machine. @throws WebError BB_HTTP_NO_PICTURE where none does */
  bytesOf(row: number): Promise<Picture | SampleFailure> {
    return this.#parts.foreground.run(() => this.#read(row));
  }

  async #render(
    picture: Picture | Downloaded | SampleFailure,
    size: PictureSize,
    signal: AbortSignal,
  ): Promise<Buffer> {
    if (picture.kind === 'failed') throw noPicture(picture);
    try {
      const rendered = await this.#parts.renderer.render(picture.bytes, size, signal);
      if (rendered.kind === 'failed') throw noPicture(rendered);
      return rendered.webp;
    } finally {
      picture.release();
    }
  }

  async #read(row: number): Promise<Picture | SampleFailure> {
    const place = this.#placeOf(row);
    const at = locate(this.#parts, row);
    if (!place || !at) throw noPicture({ message: 'No picture of this row is on this machine' });
    return place.read({ ...at, path: () => this.#parts.texts.one(row, 'path') });
  }

  #placeOf(row: number): PicturePlace | undefined {
    const number = this.#placeNumbers[row]!;
    return number === 0 ? undefined : runOf(this.#parts, row)?.places[number - 1];
  }

  async #refetch(row: number, signal: AbortSignal): Promise<Downloaded | SampleFailure> {
    const { downloader, texts } = this.#parts;
    if (!downloader) {
      throw new WebError('BB_HTTP_FORBIDDEN', 'Pictures are fetched from their hosts only with --refetch.');
    }
    return downloader.download(await texts.one(row, 'url'), signal);
  }
}

/** Looks once where the picture of each row lies. */
function findPlaces(parts: PictureParts): Uint8Array {
  const { index, runs } = parts;
  const numbers = new Uint8Array(index.rowCount);
  const hasFailed = FATES.map(({ group }) => group === 'failed');
  if (runs.every(({ places }) => places.length === 0)) return numbers;
  for (let row = 0; row < index.rowCount; row++) {
    const at = locate(parts, row);
    if (!at) continue;
    const failed = hasFailed[index.fates[row]!]!;
    numbers[row] = at.run.places.findIndex((place) => place.has(at.shardId, at.index, failed)) + 1;
  }
  return numbers;
}

/** A row's shard in its run, and its index in it. */
function locate(
  parts: PictureParts,
  row: number,
): { readonly run: RunPictures; readonly shardId: number; readonly index: number } | undefined {
  const {
    collection: { shardIds },
    index,
  } = parts;
  const run = runOf(parts, row);
  if (!run) return undefined;
  if (!shardIds) {
    const place = index.keys && run.keys.placeOf(index.keys[row]!);
    return place && { run, ...place };
  }
  const place = index.placeOf(row);
  return { run, shardId: shardIds[place.file]!, index: place.row };
}

/** The run that a row's picture is of. */
function runOf(
  { collection: { fileRuns }, index, runs }: PictureParts,
  row: number,
): RunPictures | undefined {
  return runs[fileRuns ? fileRuns[index.placeOf(row).file]! : 0];
}

function noPicture({ message }: { readonly message: string }): WebError {
  return new WebError('BB_HTTP_NO_PICTURE', `${message}.`);
}
