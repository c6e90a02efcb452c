import type { TiffDirectory } from './tiff-directory.ts';

const TAGS = {
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  samplesPerPixel: 277,
  colourMap: 320,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

/**
 * How the pixels lie, in Pillow's terms: L, RGB (`colour`), with alpha straight or multiplied in, with a fourth
 * channel that means nothing, P, 1 (`indexed`), CMYK, I;16 (`wide`; `wide-inverted` where the file's white is 0, which
 * Pillow does not turn round).
 */
export type TiffLayout =
  | 'colour'
  | 'alpha'
  | 'premultiplied'
  | 'opaque-alpha'
  | 'indexed'
  | 'cmyk'
  | 'wide-cmyk'
  | 'wide'
  | 'wide-inverted';

const UNSIGNED = 1;
const OLD_JPEG = 6;
const NEW_JPEG = 7;

/**
 * The part of Pillow's table of TIFF modes (TiffImagePlugin.OPEN_INFO) that is decoded here. Undefined for the rest:
 * what Pillow does not open either, and samples that are signed, floating, of 12 or 32 bits, CIELAB.
 */
export function layoutOf(directory: TiffDirectory): TiffLayout | undefined {
  const compression = directory.first(TAGS.compression) ?? 1;
  const photometric = compression === OLD_JPEG ? 6 : (directory.first(TAGS.photometric) ?? 0);
  const extra = directory.values(TAGS.extraSamples);
  const bits = bitsOf(directory);
  const depth = bits[0];
  if (depth === undefined || bits.some((each) => each !== depth)) return undefined;
  if (directory.values(TAGS.sampleFormat).some((format) => format !== UNSIGNED)) return undefined;
  switch (photometric) {
    case 0:
    case 1:
      return greyLayout(photometric, bits, extra, directory);
    case 2:
      return colourLayout(bits, extra);
    case 3:
      return bits.length === 1 && depth <= 8 && directory.count(TAGS.colourMap) > 0 ? 'indexed' : undefined;
    case 5:
      return bits.length === 4 && extra.length === 0 ? CMYK_LAYOUTS[depth] : undefined;
    case 6:
      return bits.length === 3 && depth === 8 && (compression === NEW_JPEG || compression === OLD_JPEG)
        ? 'colour'
        : undefined;
    default:
      return undefined;
  }
}

const CMYK_LAYOUTS: Readonly<Record<number, TiffLayout>> = { 8: 'cmyk', 16: 'wide-cmyk' };

/** One value stands for all samples, values too many are dropped, as Pillow does. */
function bitsOf(directory: TiffDirectory): readonly number[] {
  const listed = directory.values(TAGS.bitsPerSample);
  const bits = listed.length === 0 ? [1] : listed;
  const samples = directory.first(TAGS.samplesPerPixel) ?? 1;
  if (samples > 6 || (samples > bits.length && bits.length !== 1)) return [];
  return Array.from({ length: samples }, (_, i) => bits[bits.length === 1 ? 0 : i]!);
}

function greyLayout(
  photometric: 0 | 1,
  bits: readonly number[],
  extra: readonly number[],
  directory: TiffDirectory,
): TiffLayout | undefined {
  const depth = bits[0]!;
  if (bits.length === 2)
    return photometric === 1 && depth === 8 && extra[0] === 2 && extra.length === 1 ? 'alpha' : undefined;
  if (bits.length !== 1) return undefined;
  if (depth === 16) {
    if (photometric === 1) return 'wide';
    return directory.littleEndian && (directory.first(TAGS.fillOrder) ?? 1) === 1
      ? 'wide-inverted'
      : undefined;
  }
  if (depth === 1) return 'indexed';
  return depth === 2 || depth === 4 || depth === 8 ? 'colour' : undefined;
}

const EXTRA_LAYOUTS: readonly TiffLayout[] = ['opaque-alpha', 'premultiplied', 'alpha'];

function colourLayout(bits: readonly number[], extra: readonly number[]): TiffLayout | undefined {
  const depth = bits[0]!;
  if ((depth !== 8 && depth !== 16) || extra.length > 1) return undefined;
  if (bits.length === 3) return extra.length === 0 ? 'colour' : undefined;
  if (bits.length !== 4) return undefined;
  return extra.length === 0 ? 'alpha' : EXTRA_LAYOUTS[extra[0]!];
}
