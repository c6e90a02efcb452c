/** What a model wants to see of an image: how it becomes one square crop. */
export interface Transform {
  /** Side of the crop, in pixels. */
  readonly sizePx: number;
  /** `short-side`: the short side to `sizePx`, and the centre of the long one is cropped. */
  readonly resize: 'short-side';
  /** The filter of the resize, antialiased as Pillow's. */
  readonly interpolation: 'bicubic';
}

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
}

/** Bytes of a crop: RGB, row major. */
export function cropBytes({ sizePx }: Pick<Transform, 'sizePx'>): number {
  return sizePx * sizePx * 3;
}

/** The same text for transforms that make the same crop. */
export function transformKey({ sizePx, resize, interpolation }: Transform): string {
  return `${sizePx} ${resize} ${interpolation}`;
}

/**
 * torchvision's arithmetic of Resize(size) and CenterCrop(size): the long side is `int(size * long / short)`, the corner
 * `int(round((side - size) / 2))` with Python's round, which takes halves to the even neighbour.
 */
export function cropGeometry(
  { width, height }: { readonly width: number; readonly height: number },
  { sizePx }: Transform,
): CropGeometry {
  const short = Math.min(width, height);
  const long = Math.trunc((sizePx * Math.max(width, height)) / short);
  const resizedWidth = width <= height ? sizePx : long;
  const resizedHeight = width <= height ? long : sizePx;
  return {
    resizedWidth,
    resizedHeight,
    left: roundHalfToEven((resizedWidth - sizePx) / 2),
    top: roundHalfToEven((resizedHeight - sizePx) / 2),
    sizePx,
  };
}

function roundHalfToEven(half: number): number {
  const floor = Math.floor(half);
  if (half === floor) return floor;
  return floor % 2 === 0 ? floor : floor + 1;
}
