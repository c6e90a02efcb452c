import type { ByteBudget } from '../base/byte-budget.ts';
import { messageOf } from '../base/errors.ts';
import { makeCrops, type TransformMode } from './crops.ts';
import { FORMAT_NAMES, openers } from './formats.ts';
import { ImageError } from './image-error.ts';
import { checkLimits, type ImageLimits } from './limits.ts';
import type { DecodedImage, DecodeFailure, DecodeFailureReason } from './outcome.ts';
import type { OpenedImage } from './raw-image.ts';
import type { SaveOptions } from './save-options.ts';
import { makeSavedImage } from './saved-image.ts';
import { type ImageFormat, sniff } from './sniff.ts';
import type { Transform } from './transform.ts';

/** How images become crops. */
export interface ImageDecoding {
  readonly transforms: readonly Transform[];
  readonly mode: TransformMode;
  /** Images beyond them are refused before they are decoded. */
  readonly limits: ImageLimits;
  /** Bounds the decoded pixels that are held at one time. */
  readonly budget: ByteBudget;
  /** Takes the perceptual hash of the decoded picture. */
  readonly takesHash?: boolean;
  /** What is to be saved in the place of the files; they stay as they came where absent. */
  readonly saving?: SaveOptions | undefined;
}

const BYTES_PER_PIXEL = 4;

/** Turns an image file into a crop for each transform, or says why it cannot. */
export async function decodeImage(
  bytes: Buffer,
  decoding: ImageDecoding,
): Promise<DecodedImage | DecodeFailure> {
  const { format, name } = sniff(bytes);
  if (!format)
    return failure('format_unsupported', `It looks like ${name}; supported are ${FORMAT_NAMES.join(', ')}`);
  const { limits } = decoding;
  try {
    const image = await openers[format](bytes, limits);
    checkLimits(image, image.codedBytes ?? bytes.length, limits);
    return {
      ...(await workWithinBudget({ ...image, decode: once(image.decode) }, format, decoding)),
      format,
    };
  } catch (thrown) {
    return explain(thrown, limits);
  }
}

/** The crops, and what is saved, of pixels that are decoded once. */
async function workWithinBudget(
  image: OpenedImage,
  format: ImageFormat,
  { transforms, mode, limits, budget, saving, takesHash = false }: ImageDecoding,
): Promise<Omit<DecodedImage, 'format'>> {
  const heldBytes = image.width * image.height * BYTES_PER_PIXEL;
  await budget.take(heldBytes);
  try {
    const crops = await makeCrops(image, transforms, { mode, takesHash, keepsPixels: saving !== undefined });
    if (!saving) return crops;
    const savable = { format, opened: image, pixels: image.decode };
    return { ...crops, saved: await makeSavedImage(savable, saving, limits.maxAreaPx) };
  } finally {
    budget.release(heldBytes);
  }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

/**
 * The decoders' own words do not go further: libvips' error buffer is shared by the images that a process works on,
 * so the same broken image would not always have the same message. sharp tells its failures apart by message alone.
 */
function explain(thrown: unknown, { maxAreaPx }: ImageLimits): DecodeFailure {
  if (thrown instanceof ImageError) return failure(thrown.reason, thrown.message);
  return messageOf(thrown).includes('exceeds pixel limit')
    ? failure('image_too_large', `image area too large: more than ${maxAreaPx} pixels`)
    : failure('image_broken', 'Image decoding error');
}

function failure(reason: DecodeFailureReason, message: string): DecodeFailure {
  return { kind: 'failed', reason, message };
}
