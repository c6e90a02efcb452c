import pLimit, { type LimitFunction } from 'p-limit';
import type { ByteBudget } from '../../base/byte-budget.ts';
import { unread } from '../../pictures/failures.ts';
import { type Picture, type PictureLimits, releaseOnce } from '../../pictures/picture.ts';
import type { PicturePlace } from '../../pictures/picture-reader.ts';
import type { SampleFailure } from '../../samples/reasons.ts';
import { StorageError } from '../../storage/storage.ts';
import { storageOf } from '../../storage/storage-of.ts';
import { StretchReader } from './stretch-reader.ts';

/** Objects that are asked for at one time: enough to hide a service's latency, and less than the connections that its client keeps. */
const OBJECTS_AT_ONCE = 32;

/** Reads images that lie elsewhere: objects one by one, those in archives by stretches of neighbours. */
export class RemotePictureReader {
  readonly #maxBytes: number;
  readonly #budget: ByteBudget;
  readonly #limit: LimitFunction = pLimit(OBJECTS_AT_ONCE);
  readonly #stretches: StretchReader;

  constructor({ maxBytes, maxBytesInFlight }: PictureLimits, budget: ByteBudget) {
    this.#maxBytes = maxBytes;
    this.#budget = budget;
    this.#stretches = new StretchReader(budget, maxBytesInFlight);
  }

  get readsInFlight(): number {
    return this.#limit.activeCount + this.#stretches.imagesInFlight;
  }

  get width(): number {
    return OBJECTS_AT_ONCE;
  }

  /** @throws StorageError where it is no single object's that it cannot be read */
  async read(place: PicturePlace, onStart: () => void): Promise<Picture | SampleFailure> {
    if (place.bytes > this.#maxBytes) return unread('file_too_large');
    if (place.bytes === 0) return unread('file_empty');
    const { offset, bytes } = place;
    const read =
      offset === undefined
        ? await this.#limit(() => this.#object(place, onStart))
        : await this.#stretches.read({ ...place, offset }, onStart);
    if (!Buffer.isBuffer(read)) return read;
    return { kind: 'read', bytes: read, release: releaseOnce(this.#budget, bytes) };
  }

  /** Ends what waits. */
  close(): void {
    this.#limit.clearQueue();
    this.#stretches.close();
  }

  async #object({ file, bytes, tag }: PicturePlace, onStart: () => void): Promise<Buffer | SampleFailure> {
    await this.#budget.take(bytes);
    onStart();
    try {
      const storage = await storageOf(file);
      return await storage.readRange(file, 0, bytes, { tag });
    } catch (thrown) {
      this.#budget.release(bytes);
      if (thrown instanceof StorageError && thrown.isOfObject) return failureOf(thrown);
      throw thrown;
    }
  }
}

function failureOf({ code }: StorageError): SampleFailure {
  if (code === 'BB_STORAGE_NOT_FOUND') return unread('image_missing', 'The object is not there');
  if (code === 'BB_STORAGE_DENIED') return unread('file_unreadable', 'Access to the object is denied');
  return unread('file_unreadable', 'The object has changed since it was listed');
}
