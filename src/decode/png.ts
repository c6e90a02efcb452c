import { ImageError } from './image-error.ts';
import type { ImageLimits } from './limits.ts';
import { paletteOf } from './palette.ts';
import { type PngFile, readPng, writePng } from './png-chunks.ts';
import { repairPng } from './png-repair.ts';
import {
  decodePixels,
  decodeWideGrey,
  type OpenedImage,
  openImage,
  type PixelKind,
  type RawImage,
} from './raw-image.ts';

const GREY = 0;
const PALETTE = 3;
const ALPHA_BIT = 4;

/**
 * Opens a PNG by its chunks. libpng sees header, palette and image data only: no text or profile that it would unpack.
 */
export function openPng(bytes: Buffer, limits: ImageLimits): OpenedImage {
  const file = withPalette(readPng(bytes));
  const clean = () => openImage(cleanBytes(file), limits.maxAreaPx);
  const { width, height } = file;
  return { width, height, decode: () => decodePng(file, limits), sharp: clean };
}

/** What the palette does not have is black, as in Pillow; libpng wants one, in whole colours and not too many. */
function withPalette(file: PngFile): PngFile {
  if (file.colourType !== PALETTE) return file;
  return {
    ...file,
    palette: Buffer.from(paletteOf(file.palette ?? new Uint8Array()).subarray(0, 3 * 2 ** file.bitDepth)),
  };
}

async function decodePng(file: PngFile, limits: ImageLimits): Promise<RawImage> {
  try {
    return await decodeBytes(cleanBytes(file), file, limits);
  } catch (thrown) {
    if (thrown instanceof ImageError) throw thrown;
    return decodeBytes(repairPng(file), file, limits);
  }
}

function cleanBytes(file: PngFile): Buffer {
  return file.plain ?? writePng(file, file.dataChunks);
}

function decodeBytes(bytes: Buffer, file: PngFile, limits: ImageLimits): Promise<RawImage> {
  const image = openImage(bytes, limits.maxAreaPx);
  return file.colourType === GREY && file.bitDepth === 16
    ? decodeWideGrey(image)
    : decodePixels(image, kindOf(file));
}

function kindOf({ colourType, bitDepth }: PngFile): PixelKind {
  if (colourType === PALETTE || bitDepth === 1) return 'indexed';
  return (colourType & ALPHA_BIT) === 0 ? 'colour' : 'alpha';
}
