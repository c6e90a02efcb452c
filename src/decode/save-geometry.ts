import type { SaveOptions } from './save-options.ts';

/** An image's size, in pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** How an image becomes the one that is saved: resized, then cropped or framed. */
export interface SaveGeometry extends Size {
  /** What it is resized to; its own size where it is not. */
  readonly resized: Size;
  /** Whether the mode does anything with it. */
  readonly isChanged: boolean;
  /** Whether it becomes smaller. */
  readonly isShrunk: boolean;
  /** The part that is cut out of the resized image: where it begins. */
  readonly crop?: { readonly left: number; readonly top: number };
  /** The white frame around the resized image, in pixels. */
  readonly frame?: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
}

/**
 * img2dataset's arithmetic (`resizer.py`) with that of albumentations 1.4, which it calls: SmallestMaxSize and LongestMaxSize round
 * both sides as Python does, halves to the even neighbour; CenterCrop begins at `(side - size) // 2`; PadIfNeeded puts the odd pixel
 * to the right and below. But where a side of a thin strip would round to none, which img2dataset fails at, it is one pixel.
 */
export function saveGeometry(image: Size, options: Omit<SaveOptions, 'format' | 'quality'>): SaveGeometry {
  const { resizeMode, sizePx, onlyIfBigger } = options;
  const { width, height } = image;
  const isByShorter = resizeMode === 'keep_ratio' || resizeMode === 'center_crop';
  const side = isByShorter ? Math.min(width, height) : Math.max(width, height);
  const isShrunk = side > sizePx;
  if (resizeMode === 'no' || (onlyIfBigger && !isShrunk))
    return { width, height, resized: { width, height }, isChanged: false, isShrunk: false };
  const scale = sizePx / side;
  const resized = { width: scaled(width, scale), height: scaled(height, scale) };
  const found = { resized, isChanged: true, isShrunk };
  const square = { width: sizePx, height: sizePx };
  if (resizeMode === 'center_crop') {
    const left = Math.floor((resized.width - sizePx) / 2);
    const top = Math.floor((resized.height - sizePx) / 2);
    return { ...square, ...found, crop: { left, top } };
  }
  if (resizeMode === 'border') return { ...square, ...found, frame: frameOf(resized, sizePx) };
  return { ...resized, ...found };
}

function frameOf({ width, height }: Size, sizePx: number): NonNullable<SaveGeometry['frame']> {
  const left = Math.floor((sizePx - width) / 2);
  const top = Math.floor((sizePx - height) / 2);
  return { left, top, right: sizePx - width - left, bottom: sizePx - height - top };
}

function scaled(side: number, scale: number): number {
  return Math.max(1, roundHalfToEven(side * scale));
}

/** Python's round. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
