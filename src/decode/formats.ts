import { openAvif } from './avif.ts';
import { openBmp } from './bmp.ts';
import { openGif } from './gif.ts';
import { openIco } from './ico.ts';
import { openJpeg } from './jpeg.ts';
import type { ImageLimits } from './limits.ts';
import { openPng } from './png.ts';
import type { OpenedImage } from './raw-image.ts';
import type { ImageFormat } from './sniff.ts';
import { openTiff } from './tiff.ts';
import { openWebp } from './webp.ts';

/** Reads a file's header; throws ImageError, or what a decoder throws, where it cannot. */
export type Opener = (bytes: Buffer, limits: ImageLimits) => OpenedImage | Promise<OpenedImage>;

/** How each format is opened. */
export const openers: Readonly<Record<ImageFormat, Opener>> = {
  jpeg: openJpeg,
  png: openPng,
  webp: openWebp,
  gif: openGif,
  tiff: openTiff,
  avif: openAvif,
  bmp: openBmp,
  ico: openIco,
};

/** For a person, in the order of docs/decode.md. */
export const FORMAT_NAMES = ['JPEG', 'PNG', 'WebP', 'GIF', 'TIFF', 'AVIF', 'BMP', 'ICO'] as const;
