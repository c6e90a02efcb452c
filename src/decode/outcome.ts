/** An image as the encoder wants it. */
export interface Decoded {
  readonly kind: 'decoded';
  /** `size * size * 3` bytes, RGB, row major. */
  readonly crop: Uint8Array;
  /** The stored size, before any resize and without regard to an orientation tag. */
  readonly width: number;
  readonly height: number;
}

/** Why an image became no crop. */
export type DecodeFailureReason =
  | 'format_unsupported'
  | 'image_broken'
  | 'image_too_large'
  | 'decode_timeout'
  | 'decoder_crashed';

/** An image that became no crop, as a value. */
export interface DecodeFailure {
  readonly kind: 'failed';
  readonly reason: DecodeFailureReason;
  /** One line for a person. */
  readonly message: string;
}
