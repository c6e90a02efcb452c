import type { SharedBytes } from '../base/shared-blocks.ts';
import type { SavedImage } from './save-options.ts';
import type { ImageFormat } from './sniff.ts';

/** What was seen of an image's file beside its pixels; null where it was not asked for or not come to. */
export interface FileFacts {
  /** In lower-case hexadecimal digits. */
  readonly digest: string | null;
  /** Exif data as the text of a JSON object ([exif-text.ts](exif/exif-text.ts)). */
  readonly exif: string | null;
  /** The perceptual hash ([phash.ts](phash.ts)), the decimal text of an int64. */
  readonly phash: string | null;
}

/** An image as the models want it. */
export interface Decoded {
  readonly kind: 'decoded';
  /** One for each wanted transform, in their order: `sizePx * sizePx * 3` bytes, RGB, row major. */
  readonly crops: readonly Uint8Array[];
  /** Pillow's size, before any resize: an orientation tag is followed in a TIFF only. */
  readonly width: number;
  readonly height: number;
  /** What its file is, by its first bytes. */
  readonly format: ImageFormat;
  /** What is saved in the place of the file, where that is asked for and the file does not stay as it came. */
  readonly saved?: SavedImage | undefined;
  /** Where any are asked for. */
  readonly facts?: FileFacts;
}

/** An image whose crops may lie where other processes can read them. */
export interface DecodedToShare extends Omit<Decoded, 'crops'> {
  readonly crops: readonly (Uint8Array | SharedBytes)[];
  /** To be called once nobody needs the crops any more. */
  release(): void;
}

/** An image's crops, and what was seen of its pixels. */
export interface DecodedImage extends Omit<Decoded, 'facts'> {
  /** The perceptual hash, the decimal text of an int64; where it is taken. */
  readonly phash?: string;
}

/** Why an image became no crop. */
export type DecodeFailureReason =
  | 'format_unsupported'
  | 'image_broken'
  | 'image_too_large'
  | 'image_side_too_long'
  | 'aspect_ratio_too_large'
  | 'image_too_compressed'
  | 'image_too_small'
  | 'image_too_many_parts'
  | 'image_not_encodable'
  | 'hash_mismatch'
  | 'decode_timeout'
  | 'decoder_crashed';

/** An image that became no crop, as a value. */
export interface DecodeFailure {
  readonly kind: 'failed';
  readonly reason: DecodeFailureReason;
  /** One line for a person. */
  readonly message: string;
  /** Where any are asked for and a process has answered. */
  readonly facts?: FileFacts;
}
