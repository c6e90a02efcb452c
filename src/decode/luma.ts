import { cmykToRgb } from './colour.ts';
import type { ColourImage, RawImage } from './raw-image.ts';

const WHITE = 255;

/** Writes the grey values of a row of pixels into `target`, the first at `at`, each `step` after the one before. */
export type LumaRow = (row: number, target: Uint8Array, at: number, step: number) => void;

/**
 * The grey values of an image as Pillow's `convert('L')` makes them, row by row: `(19595 R + 38470 G + 7471 B + 2^15) >> 16`
 * (ITU-R 601-2), alpha left aside, CMYK by way of RGB, 16-bit grey cut off at white.
 */
export function lumaRows(image: RawImage): LumaRow {
  switch (image.kind) {
    case 'palette': {
      const grey = Uint8Array.from({ length: 256 }, (_, colour) => luma(image.palette, 3 * colour));
      return valueRows(image.width, (pixel) => grey[image.data[pixel]!]!);
    }
    case 'wide':
      return valueRows(image.width, (pixel) => Math.min(image.data[pixel]!, WHITE));
    case 'cmyk':
      return inkRows(image);
    default:
      return colourRows(image);
  }
}

function valueRows(width: number, greyAt: (pixel: number) => number): LumaRow {
  return (row, target, at, step) => {
    for (let x = 0, to = at; x < width; x++, to += step) target[to] = greyAt(row * width + x);
  };
}

function inkRows({ data, width }: ColourImage): LumaRow {
  return (row, target, at, step) => {
    const rgb = cmykToRgb(data.subarray(row * width * 4, (row + 1) * width * 4));
    for (let x = 0, to = at; x < width; x++, to += step) target[to] = luma(rgb, 3 * x);
  };
}

function colourRows({ data, width, channels }: ColourImage): LumaRow {
  return (row, target, at, step) => {
    const start = row * width * channels;
    const end = start + width * channels;
    for (let from = start, to = at; from < end; from += channels, to += step) target[to] = luma(data, from);
  };
}

function luma(rgb: Uint8Array, at: number): number {
  return (19595 * rgb[at]! + 38470 * rgb[at + 1]! + 7471 * rgb[at + 2]! + 0x8000) >>> 16;
}
