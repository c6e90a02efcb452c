import { DEFAULT_LIMITS, type ImageLimits } from '../decode/limits.ts';
import type { FlagTable, FlagValues } from './flags.ts';

/** The limits that an image's header must keep before the image is decoded. */
export function imageFlags(group: string): FlagTable {
  return {
    'max-image-area': {
      group,
      type: 'integer',
      min: 1,
      max: 178_956_970,
      default: DEFAULT_LIMITS.maxAreaPx,
      describe:
        'Pixels of the largest image that is decoded; Pillow warns above 89 million and stops above 178',
    },
    'max-image-side': {
      group,
      type: 'integer',
      min: 1,
      max: 1_000_000,
      default: DEFAULT_LIMITS.maxSidePx,
      describe: 'Pixels of the longest side that is decoded',
    },
    'max-aspect-ratio': {
      group,
      type: 'number',
      min: 1,
      max: 1_000_000,
      default: DEFAULT_LIMITS.maxAspectRatio,
      describe: 'Longer side over shorter side, at most',
    },
    'max-pixels-per-byte': {
      group,
      type: 'number',
      min: 1,
      max: 100_000_000,
      default: DEFAULT_LIMITS.maxPixelsPerByte,
      describe: 'Pixels for each byte of the file, at most, in images of more than 16.8 million pixels',
    },
    'min-image-size': {
      group,
      type: 'integer',
      min: 0,
      max: 65_535,
      default: DEFAULT_LIMITS.minSidePx,
      describe: 'Pixels of the shorter side, at least',
    },
  };
}

/** The limits as checked flag values give them. */
export function imageLimits(values: FlagValues): ImageLimits {
  const number = (name: string): number => values[name] as number;
  return {
    maxAreaPx: number('max-image-area'),
    maxSidePx: number('max-image-side'),
    maxAspectRatio: number('max-aspect-ratio'),
    maxPixelsPerByte: number('max-pixels-per-byte'),
    minSidePx: number('min-image-size'),
  };
}
