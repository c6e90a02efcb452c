import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import { ByteBudget } from '../base/byte-budget.ts';
import { isMissing } from '../base/errors.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import { openableAs } from './byte-names.ts';
import { unread } from './failures.ts';
import { type Picture, type PictureLimits, releaseOnce } from './picture.ts';

/** Where the bytes of an image lie. */
export interface PicturePlace {
  /** Absolute; bytes that are no UTF-8 as `nameOf` has them. Of what lies elsewhere its URL. */
  readonly file: string;
  /** Where they begin in an archive; absent where they are a file of their own. */
  readonly offset?: number | undefined;
  /** How many there were when the image was listed. */
  readonly bytes: number;
  /** Of a file elsewhere: what it has to be still. */
  readonly tag?: string | undefined;
}

/** Reads that wait for the disk at one time: enough to keep a solid-state disk or a network file system at work. */
const READS_AT_ONCE = 16;

/** Reads images from files of this machine. Any number may be asked for at once: those that wait hold nothing. */
export class PictureReader {
  readonly #maxBytes: number;
  readonly #budget: ByteBudget;
  readonly #limit: LimitFunction = pLimit(READS_AT_ONCE);

  /** @param budget where others read beside it */
  constructor({ maxBytes, maxBytesInFlight }: PictureLimits, budget = new ByteBudget(maxBytesInFlight)) {
    this.#maxBytes = maxBytes;
    this.#budget = budget;
  }

  get heldBytes(): number {
    return this.#budget.heldBytes;
  }

  get readsInFlight(): number {
    return this.#limit.activeCount;
  }

  get width(): number {
    return READS_AT_ONCE;
  }

  /** Every outcome is a value. @param onStart called when the file is opened; never for an image that ends without it */
  async read(place: PicturePlace, onStart?: () => void): Promise<Picture | SampleFailure> {
    if (place.bytes > this.#maxBytes) return unread('file_too_large');
    if (place.bytes === 0) return unread('file_empty');
    return this.#limit(() => this.#read(place, onStart));
  }

  async #read(place: PicturePlace, onStart: (() => void) | undefined): Promise<Picture | SampleFailure> {
    await this.#budget.take(place.bytes);
    onStart?.();
    const release = releaseOnce(this.#budget, place.bytes);
    const bytes = await readBytes(place);
    if (Buffer.isBuffer(bytes)) return { kind: 'read', bytes, release };
    release();
    return bytes;
  }
}

async function readBytes(place: PicturePlace): Promise<Buffer | SampleFailure> {
  let handle: FileHandle | undefined;
  try {
    // What was a file may have become a pipe, which is not waited for.
    handle = await open(openableAs(place.file), constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await handle.stat();
    const { offset = 0, bytes } = place;
    const isAsListed = place.offset === undefined ? stats.size === bytes : stats.size >= offset + bytes;
    if (!stats.isFile() || !isAsListed) return changed();
    const buffer = Buffer.allocUnsafeSlow(bytes);
    const { bytesRead } = await handle.read(buffer, 0, bytes, offset);
    return bytesRead === bytes ? buffer : changed();
  } catch (thrown) {
    return unread(isMissing(thrown) ? 'image_missing' : 'file_unreadable');
  } finally {
    await handle?.close();
  }
}

function changed(): SampleFailure {
  return unread('file_unreadable', 'The file has changed since it was listed');
}
