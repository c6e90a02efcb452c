import { ImageError } from './image-error.ts';

/** What an image may claim in its header; whatever is beyond is refused before it is decoded. */
export interface ImageLimits {
  /** Pixels of the shorter side, at least. */
  readonly minSidePx: number;
  /** Pixels of the longer side, at most. */
  readonly maxSidePx: number;
  /** Width times height in pixels, at most. */
  readonly maxAreaPx: number;
  /** The longer side over the shorter, at most. */
  readonly maxAspectRatio: number;
  /** Pixels for each byte of the file, at most, where the image has more than SMALL_AREA_PX pixels. */
  readonly maxPixelsPerByte: number;
}

/**
 * Limits that no photograph and no graphic of the web meets: a scanned page of one colour has about 2,000 pixels per
 * byte as PNG, whose deflate cannot give more than 8,256; a JPEG has at most some 300.
 */
export const DEFAULT_LIMITS: ImageLimits = {
  minSidePx: 0,
  maxSidePx: 65_535,
  maxAreaPx: 64_000_000,
  maxAspectRatio: 10_000,
  maxPixelsPerByte: 10_000,
};

/** A picture of one colour may be a few bytes of WebP: up to this many pixels (4096 x 4096) it costs no more than others. */
export const SMALL_AREA_PX = 16_777_216;

/** What the limits look at. */
export interface ClaimedSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Holds a header's claims against the limits. The messages are img2dataset's where it has one, and so is the order of its three
 * (`resizer.py`: too small, area, aspect ratio), since of several that are not kept the first one is counted.
 *
 * @throws ImageError naming the first limit that is not kept
 */
export function checkLimits({ width, height }: ClaimedSize, fileBytes: number, limits: ImageLimits): void {
  const { minSidePx, maxSidePx, maxAreaPx, maxAspectRatio, maxPixelsPerByte } = limits;
  const area = width * height;
  const longer = Math.max(width, height);
  const shorter = Math.min(width, height);
  if (shorter < 1) throw new ImageError('image_broken', `an image of ${width} x ${height} pixels`);
  if (shorter < minSidePx)
    throw new ImageError('image_too_small', `image too small: a side of less than ${minSidePx} pixels`);
  if (area > maxAreaPx)
    throw new ImageError('image_too_large', `image area too large: more than ${maxAreaPx} pixels`);
  if (longer > maxSidePx)
    throw new ImageError('image_side_too_long', `image side too long: more than ${maxSidePx} pixels`);
  // The quotient, not a product: 1.15 * 100 is a little less than 115, and 115 x 100 pixels are no more than 1.15.
  if (longer / shorter > maxAspectRatio)
    throw new ImageError('aspect_ratio_too_large', `aspect ratio too large: more than ${maxAspectRatio}`);
  if (area > SMALL_AREA_PX && area > maxPixelsPerByte * fileBytes)
    throw new ImageError(
      'image_too_compressed',
      `image too compressed: more than ${maxPixelsPerByte} pixels per byte`,
    );
}
