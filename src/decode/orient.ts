import type { RawImage } from './raw-image.ts';

/** Exif's orientations whose sides are exchanged. */
export function swapsSides(orientation: number): boolean {
  return orientation >= 5 && orientation <= 8;
}

/**
 * Turns and mirrors an image as its orientation tag says (Exif 2.32, 4.6.5.1.6), as Pillow does with every TIFF.
 * Values other than 2 to 8 leave it as it is.
 */
export function orient<Image extends RawImage>(image: Image, orientation: number): Image {
  const walk = walkOf(image, orientation);
  if (!walk) return image;
  const channels = image.data.length / (image.width * image.height);
  const swapped = swapsSides(orientation);
  const width = swapped ? image.height : image.width;
  const height = swapped ? image.width : image.height;
  const data = new (image.data instanceof Uint16Array ? Uint16Array : Uint8Array)(image.data.length);
  let to = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (walk.origin + x * walk.right + y * walk.down) * channels;
      for (let c = 0; c < channels; c++) data[to++] = image.data[from + c]!;
    }
  return { ...image, data, width, height };
}

/** Where in the stored pixels the upright image begins, and how far its next pixel to the right and below is. */
function walkOf(
  { width, height }: RawImage,
  orientation: number,
): { origin: number; right: number; down: number } | undefined {
  const last = width * height - 1;
  switch (orientation) {
    case 2:
      return { origin: width - 1, right: -1, down: width };
    case 3:
      return { origin: last, right: -1, down: -width };
    case 4:
      return { origin: last + 1 - width, right: 1, down: -width };
    case 5:
      return { origin: 0, right: width, down: 1 };
    case 6:
      return { origin: last + 1 - width, right: -width, down: 1 };
    case 7:
      return { origin: last, right: -width, down: -1 };
    case 8:
      return { origin: width - 1, right: width, down: -1 };
    default:
      return undefined;
  }
}
