/** What part of the resized image becomes the crop, as torchvision's Resize(size) and CenterCrop(size) choose it. */
export interface CropGeometry {
  /** The image's size after Resize: `size` on the short side. */
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  /** The crop's corner in the resized image. */
  readonly left: number;
  readonly top: number;
}

/**
 * torchvision's arithmetic: the long side is `int(size * long / short)`, the corner `int(round((side - size) / 2))`
 * with Python's round, which takes halves to the even neighbour.
 */
export function cropGeometry(width: number, height: number, size: number): CropGeometry {
  const short = Math.min(width, height);
  const long = Math.trunc((size * Math.max(width, height)) / short);
  const resizedWidth = width <= height ? size : long;
  const resizedHeight = width <= height ? long : size;
  return {
    resizedWidth,
    resizedHeight,
    left: roundHalfToEven((resizedWidth - size) / 2),
    top: roundHalfToEven((resizedHeight - size) / 2),
  };
}

function roundHalfToEven(half: number): number {
  const floor = Math.floor(half);
  if (half === floor) return floor;
  return floor % 2 === 0 ? floor : floor + 1;
}
