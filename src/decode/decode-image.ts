import type { Sharp } from 'sharp';
import type { ByteBudget } from '../base/byte-budget.ts';
import { messageOf } from '../base/errors.ts';
import { headerOf, type ImageHeader, readHeader } from './header.ts';
import type { Decoded, DecodeFailure, DecodeFailureReason } from './outcome.ts';
import { decodePixels, openImage } from './raw-image.ts';
import { sniff } from './sniff.ts';
import { exactCrop, fastCrop, fitsFastTransform } from './transform.ts';

/** How images become crops. */
export interface ImageDecoding {
  /** Side of the crop in pixels. */
  readonly size: number;
  readonly mode: 'exact' | 'fast';
  /** Images of more pixels are refused before they are decoded. */
  readonly maxPixels: number;
  /** Bounds the decoded pixels that are held at one time. */
  readonly budget: ByteBudget;
}

const BYTES_PER_PIXEL = 4;

/** Turns an image file into the encoder's crop, or says why it cannot. */
export async function decodeImage(bytes: Buffer, decoding: ImageDecoding): Promise<Decoded | DecodeFailure> {
  const { format, name } = sniff(bytes);
  if (!format)
    return failure(
      'format_unsupported',
      `It looks like ${name}; supported are JPEG, PNG, WebP, GIF, TIFF, AVIF`,
    );
  try {
    const image = openImage(bytes, decoding.maxPixels);
    const header = readHeader(bytes, format) ?? headerOf(bytes, format, await image.metadata());
    return await cropWithinBudget(image, header, decoding);
  } catch (thrown) {
    return explain(thrown, decoding);
  }
}

async function cropWithinBudget(
  image: Sharp,
  { width, height, kind }: ImageHeader,
  { size, mode, budget, maxPixels }: ImageDecoding,
): Promise<Decoded> {
  // What the header claims is not trusted here: sharp refuses an image of too many pixels when it is opened.
  const heldBytes = Math.min(width * height, maxPixels) * BYTES_PER_PIXEL;
  await budget.take(heldBytes);
  try {
    if (mode === 'fast' && fitsFastTransform(width, height, size)) {
      return { kind: 'decoded', crop: await fastCrop(image, width, height, size), width, height };
    }
    const raw = await decodePixels(image, kind);
    return { kind: 'decoded', crop: exactCrop(raw, size), width: raw.width, height: raw.height };
  } finally {
    budget.release(heldBytes);
  }
}

/**
 * sharp tells its failures apart by message alone. libvips' own words do not go further: its error buffer is shared by
 * the images that a process works on, so the same broken image would not always have the same message.
 */
function explain(thrown: unknown, { maxPixels }: ImageDecoding): DecodeFailure {
  return messageOf(thrown).includes('exceeds pixel limit')
    ? failure('image_too_large', `image area too large: more than ${maxPixels} pixels`)
    : failure('image_broken', 'Image decoding error');
}

function failure(reason: DecodeFailureReason, message: string): DecodeFailure {
  return { kind: 'failed', reason, message };
}
