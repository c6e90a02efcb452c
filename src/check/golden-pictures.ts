import type { ImageTransform } from '../models/manifest.ts';

/** A picture of our own making. */
interface Picture {
  readonly width: number;
  readonly height: number;
  /** RGB, row by row from the top. */
  readonly pixels: Uint8Array;
}

/** What the disc adds to red, green and blue. */
const DISC: readonly number[] = [90, -30, -80];
const DISC_RADIUS = 60;

/** Knuth, The Art of Computer Programming, volume 3, 6.4: 2^32 divided by the golden ratio. */
const MULTIPLIER = 2_654_435_761;

/**
 * Four pictures for a model that takes squares of `sizePx`: such a square, a wide picture, a tall one, and a small one that
 * has to be enlarged. Each has slopes of light, another one per channel, a disc, stripes of a few pixels, and noise: so other
 * colours, another crop and another filter all show. `scripts/make-golden.py` makes the same ones, to the last bit. They are
 * version 1 of the pictures that golden rows name; other ones would be another version.
 */
export function goldenPictures(sizePx: number): Picture[] {
  return sidesOf(sizePx).map(([width, height], number) => draw(number, width, height));
}

type Sides = readonly [width: number, height: number];

function sidesOf(sizePx: number): readonly Sides[] {
  const wide = (5 * sizePx) >> 3;
  const tall = sizePx + (sizePx >> 2) + 1;
  const small = (sizePx >> 3) + 1;
  return [
    [sizePx, sizePx],
    [3 * wide, 2 * wide],
    [tall, 2 * tall],
    [4 * small, 3 * small],
  ];
}

/**
 * Whether the corner of some picture's crop depends on how it is rounded: half a difference of sides that leaves 3 when divided
 * by 4 is rounded up by torchvision (to even), as here, and down by transformers' processors (docs/encoders.md).
 */
export function areCornersRounded({ sizePx, resize, shortSidePx = sizePx }: ImageTransform): boolean {
  if (resize === 'squash') return false;
  return sidesOf(sizePx).some(([width, height]) => {
    const long = Math.trunc((shortSidePx * Math.max(width, height)) / Math.min(width, height));
    return [shortSidePx, long].some((side) => (side - sizePx) % 4 === 3);
  });
}

function draw(number: number, width: number, height: number): Picture {
  const pixels = new Uint8ClampedArray(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const across = Math.floor((256 * x) / width);
      const down = Math.floor((256 * y) / height);
      const isDisc = (across - 80 - 24 * number) ** 2 + (down - 128) ** 2 < DISC_RADIUS ** 2;
      const stripe = (x + 2 * y + 5 * number) % 11 < 3 ? 40 : 0;
      for (let channel = 0; channel < 3; channel++) {
        const light = ((3 - channel) * across + (channel + 1) * down) >> 2;
        const seed = 7919 * x + 104_729 * y + 1_299_709 * channel + 15_485_863 * number + 1;
        const noise = (Math.imul(seed, MULTIPLIER) >>> 27) - 16;
        pixels[at++] = light + (isDisc ? DISC[channel]! : 0) + stripe + noise;
      }
    }
  return { width, height, pixels: new Uint8Array(pixels.buffer) };
}

/** Of a file header, and of the header of Windows 3. */
const HEADER_BYTES = 54;
const BITS_PER_PIXEL = 24;

/** A picture as a BMP file: BGR, row by row from the bottom, each filled up to a multiple of four bytes. */
export function toBmp({ width, height, pixels }: Picture): Buffer {
  const rowBytes = Math.ceil((3 * width) / 4) * 4;
  const file = Buffer.alloc(HEADER_BYTES + rowBytes * height);
  file.write('BM', 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(HEADER_BYTES, 10);
  file.writeUInt32LE(HEADER_BYTES - 14, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(BITS_PER_PIXEL, 28);
  for (let y = 0; y < height; y++) {
    const row = swapRedAndBlue(pixels.subarray(3 * width * y, 3 * width * (y + 1)));
    file.set(row, HEADER_BYTES + rowBytes * (height - 1 - y));
  }
  return file;
}

/** RGB -> BGR, and back. */
export function swapRedAndBlue(pixels: Uint8Array): Uint8Array {
  return pixels.map((_, i) => pixels[i + 2 - 2 * (i % 3)]!);
}
