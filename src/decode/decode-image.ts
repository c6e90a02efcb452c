import type { Metadata, Sharp } from 'sharp';
import type { ByteBudget } from '../base/byte-budget.ts';
import { messageOf } from '../base/errors.ts';
import type { Decoded, DecodeFailure, DecodeFailureReason } from './outcome.ts';
import { decodePixels, openImage, pixelKind } from './raw-image.ts';
import { type ImageFormat, sniff } from './sniff.ts';
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
const MAX_MESSAGE_CHARACTERS = 200;

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
    const metadata = await image.metadata();
    const { width, height } = metadata;
    const crop = await cropWithinBudget(image, bytes, format, metadata, decoding);
    return { kind: 'decoded', crop, width, height };
  } catch (thrown) {
    return explain(thrown, decoding);
  }
}

async function cropWithinBudget(
  image: Sharp,
  bytes: Buffer,
  format: ImageFormat,
  metadata: Metadata,
  { size, mode, budget }: ImageDecoding,
): Promise<Uint8Array> {
  const { width, height } = metadata;
  const heldBytes = width * height * BYTES_PER_PIXEL;
  await budget.take(heldBytes);
  try {
    if (mode === 'fast' && fitsFastTransform(width, height, size))
      return await fastCrop(image, width, height, size);
    return exactCrop(await decodePixels(image, pixelKind(bytes, format, metadata)), size);
  } finally {
    budget.release(heldBytes);
  }
}

/** sharp tells its failures apart by message alone. */
function explain(thrown: unknown, { maxPixels }: ImageDecoding): DecodeFailure {
  const message = oneLine(messageOf(thrown));
  return message.includes('exceeds pixel limit')
    ? failure('image_too_large', `image area too large: more than ${maxPixels} pixels`)
    : failure('image_broken', message);
}

function failure(reason: DecodeFailureReason, message: string): DecodeFailure {
  return { kind: 'failed', reason, message };
}

function oneLine(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, MAX_MESSAGE_CHARACTERS);
}
