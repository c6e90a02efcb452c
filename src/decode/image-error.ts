import type { DecodeFailureReason } from './outcome.ts';

/** Why an image is refused, thrown inside a decoder process; `decodeImage` turns it into a value. */
export class ImageError extends Error {
  readonly reason: DecodeFailureReason;

  constructor(reason: DecodeFailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Damaged data. The words of a decoder library do not go further, so that a file always has the same message. */
export function broken(): ImageError {
  return new ImageError('image_broken', 'Image decoding error');
}
