import type { ByteBudget } from '../../base/byte-budget.ts';
import type { PicturePlace } from '../../pictures/picture-reader.ts';
import { storageOf } from '../../storage/storage-of.ts';

/** An image that is a part of an archive elsewhere. */
export interface MemberPlace extends PicturePlace {
  readonly offset: number;
}

interface Waiting {
  readonly place: MemberPlace;
  readonly onStart: () => void;
  readonly resolve: (bytes: Buffer) => void;
  readonly reject: (thrown: unknown) => void;
}

/** Images with no more than this between them are read in one stretch; what lies between is dropped. */
const JOINED_GAP_BYTES = 128 * 1024;
/** A stretch is no longer, where no image is. */
const STRETCH_BYTES = 8 * 1024 * 1024;
const STRETCHES_AT_ONCE = 4;
/** Of those that no longer wait, so many stay in the list. */
const MOST_TAKEN = 4096;

/**
 * Reads images out of archives elsewhere. Of those that wait, neighbours that were asked for one after the other are read in one
 * request; each is there as soon as its own bytes are.
 */
export class StretchReader {
  readonly #budget: ByteBudget;
  readonly #stretchBytes: number;
  readonly #waiting: Waiting[] = [];
  #first = 0;
  #stretchesInFlight = 0;
  #isStarting = false;
  #imagesInFlight = 0;
  #isClosed = false;

  /** @param budget of which each image's bytes are taken; whoever gets an image releases them @param budgetBytes all of it */
  constructor(budget: ByteBudget, budgetBytes: number) {
    this.#budget = budget;
    // All that are read at one time are to find room.
    this.#stretchBytes = Math.min(STRETCH_BYTES, Math.floor(budgetBytes / STRETCHES_AT_ONCE));
  }

  get imagesInFlight(): number {
    return this.#imagesInFlight;
  }

  /** @throws StorageError; then nothing is taken of the budget */
  read(place: MemberPlace, onStart: () => void): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ place, onStart, resolve, reject });
      this.#startSoon();
    });
  }

  /** Ends what is being read, and what waits. */
  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0).slice(this.#first)) reject(givenUp());
    this.#first = 0;
  }

  /** Once all that is asked for in one go has been. */
  #startSoon(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    setImmediate(() => {
      this.#isStarting = false;
      while (this.#stretchesInFlight < STRETCHES_AT_ONCE && this.#first < this.#waiting.length)
        void this.#readStretch(this.#nextStretch());
    });
  }

  #nextStretch(): Waiting[] {
    const stretch = [this.#waiting[this.#first++]!];
    const { place: first } = stretch[0]!;
    let end = first.offset + first.bytes;
    for (let next = this.#waiting[this.#first]; next; next = this.#waiting[this.#first]) {
      const { file, tag, offset, bytes } = next.place;
      const isNear = offset >= end && offset - end <= JOINED_GAP_BYTES;
      if (file !== first.file || tag !== first.tag || !isNear) break;
      if (offset + bytes - first.offset > this.#stretchBytes) break;
      stretch.push(next);
      end = offset + bytes;
      this.#first++;
    }
    // Not each time: what stands behind would be moved.
    if (this.#first === this.#waiting.length || this.#first > MOST_TAKEN) {
      this.#waiting.splice(0, this.#first);
      this.#first = 0;
    }
    return stretch;
  }

  async #readStretch(stretch: readonly Waiting[]): Promise<void> {
    this.#stretchesInFlight++;
    await this.#budget.take(stretch.reduce((sum, { place }) => sum + place.bytes, 0));
    this.#imagesInFlight += stretch.length;
    const left = [...stretch];
    try {
      for (const { onStart } of stretch) onStart();
      await fill(left, () => {
        this.#imagesInFlight--;
        return !this.#isClosed;
      });
    } catch (thrown) {
      this.#imagesInFlight -= left.length;
      for (const { place, reject } of left) {
        this.#budget.release(place.bytes);
        reject(thrown);
      }
    } finally {
      this.#stretchesInFlight--;
      this.#startSoon();
    }
  }
}

function givenUp(): Error {
  return new Error('the run was given up');
}

/** Reads the bytes of neighbours, and takes each away once it has its own. @param onFilled says whether to go on @throws StorageError */
async function fill(left: Waiting[], onFilled: () => boolean): Promise<void> {
  const { file, tag, offset: from } = left[0]!.place;
  const last = left.at(-1)!.place;
  const storage = await storageOf(file);
  const range = { from, bytes: last.offset + last.bytes - from };
  let image = Buffer.allocUnsafeSlow(left[0]!.place.bytes);
  let at = from;
  for await (const piece of storage.readStream(file, { tag, range })) {
    for (let next = left[0]; next; next = left[0]) {
      const { offset, bytes } = next.place;
      if (at + piece.length <= offset) break;
      piece.copy(image, Math.max(0, at - offset), Math.max(0, offset - at));
      if (at + piece.length < offset + bytes) break;
      next.resolve(image);
      left.shift();
      if (!onFilled()) throw givenUp();
      image = Buffer.allocUnsafeSlow(left[0]?.place.bytes ?? 0);
    }
    at += piece.length;
  }
}
