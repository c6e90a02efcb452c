import { ByteBudget } from '../../base/byte-budget.ts';
import type { Picture, PictureLimits } from '../../pictures/picture.ts';
import { type PicturePlace, PictureReader } from '../../pictures/picture-reader.ts';
import type { SampleFailure } from '../../samples/reasons.ts';
import { isRemote } from '../../storage/storage.ts';
import { RemotePictureReader } from './remote-reader.ts';

/** Reads images from where they lie, on this machine and elsewhere, within one budget. */
export class PlacedReader {
  readonly #limits: PictureLimits;
  readonly #budget: ByteBudget;
  readonly #here: PictureReader;
  #elsewhere: RemotePictureReader | undefined;

  constructor(limits: PictureLimits) {
    this.#limits = limits;
    this.#budget = new ByteBudget(limits.maxBytesInFlight);
    this.#here = new PictureReader(limits, this.#budget);
  }

  get heldBytes(): number {
    return this.#budget.heldBytes;
  }

  get readsInFlight(): number {
    return this.#here.readsInFlight + (this.#elsewhere?.readsInFlight ?? 0);
  }

  get width(): number {
    return this.#elsewhere?.width ?? this.#here.width;
  }

  /**
   * Every outcome is a value, but that a place elsewhere cannot be read at all. Any number may be asked for at once.
   *
   * @param onStart called when the image's turn has come; never for one that ends without it
   * @throws StorageError
   */
  read(place: PicturePlace, onStart: () => void): Promise<Picture | SampleFailure> {
    if (!isRemote(place.file)) return this.#here.read(place, onStart);
    this.#elsewhere ??= new RemotePictureReader(this.#limits, this.#budget);
    return this.#elsewhere.read(place, onStart);
  }

  /** Ends what waits for a place elsewhere. */
  close(): void {
    this.#elsewhere?.close();
  }
}
