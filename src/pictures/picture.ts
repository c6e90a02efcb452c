import type { ByteBudget } from '../base/byte-budget.ts';

/** The bytes of an image that lies on this machine, undecoded. */
export interface Picture {
  readonly kind: 'read';
  readonly bytes: Buffer;
  /** Gives the bytes back to the budget; must be called once they are no longer needed. */
  release(): void;
}

/** What bounds the reading of images. */
export interface PictureLimits {
  /** Larger images are refused. */
  readonly maxBytes: number;
  /** All images together, until they are released. */
  readonly maxBytesInFlight: number;
}

/** Gives what was taken from a budget back, once. */
export function releaseOnce(budget: ByteBudget, bytes: number): () => void {
  let isReleased = false;
  return () => {
    if (isReleased) return;
    isReleased = true;
    budget.release(bytes);
  };
}
