/** What a model wants to see of an image: how it becomes one square crop. */
export interface Transform {
  /** Side of the crop, in pixels. */
  readonly sizePx: number;
  /** `short-side`: the short side to `shortSidePx`, and the centre is cropped; `squash`: both sides to `sizePx`. */
  readonly resize: 'short-side' | 'squash';
  /** Of `short-side`: the short side before the crop; `sizePx` where it is left out. */
  readonly shortSidePx?: number;
  /** The filter of the resize, antialiased as Pillow's. */
  readonly interpolation: Interpolation;
}

/** Pillow's filters BICUBIC and BILINEAR. */
export type Interpolation = 'bicubic' | 'bilinear';

/** What part of the resized image becomes the crop. */
export interface CropGeometry {
  /** The image's size after the resize. */
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  /** The crop's corner in the resized image. */
  readonly left: number;
  readonly top: number;
  /** The crop's side, in pixels. */
  readonly sizePx: number;
  readonly interpolation: Interpolation;
}

/** Bytes of a crop: RGB, row major. */
export function cropBytes({ sizePx }: Pick<Transform, 'sizePx'>): number {
  return sizePx * sizePx * 3;
}

/** The same text for transforms that make the same crop. */
export function transformKey({ sizePx, resize, shortSidePx = sizePx, interpolation }: Transform): string {
  return `${sizePx} ${resize} ${resize === 'squash' ? sizePx : shortSidePx} ${interpolation}`;
}

/**
 * torchvision's arithmetic. Of Resize(short side) and CenterCrop(size): the long side is `int(short side * long / short)`, the corner
 * `int(round((side - size) / 2))` with Python's round, which takes halves to the even neighbour. Of Resize((size, size)): nothing
 * is cropped.
 */
export function cropGeometry(
  { width, height }: { readonly width: number; readonly height: number },
  { sizePx, resize, shortSidePx = sizePx, interpolation }: Transform,
): CropGeometry {
  if (resize === 'squash')
    return { resizedWidth: sizePx, resizedHeight: sizePx, left: 0, top: 0, sizePx, interpolation };
  const short = Math.min(width, height);
  const long = Math.trunc((shortSidePx * Math.max(width, height)) / short);
  const resizedWidth = width <= height ? shortSidePx : long;
  const resizedHeight = width <= height ? long : shortSidePx;
  return {
    resizedWidth,
    resizedHeight,
    left: roundHalfToEven((resizedWidth - sizePx) / 2),
    top: roundHalfToEven((resizedHeight - sizePx) / 2),
    sizePx,
    interpolation,
  };
}

function roundHalfToEven(half: number): number {
  const floor = Math.floor(half);
  if (half === floor) return floor;
  return floor % 2 === 0 ? floor : floor + 1;
}
