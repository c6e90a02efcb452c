import { type DatasetSplit, openImages } from './dataset.ts';
import { CHANNELS } from './shape.ts';
import type { PixelScale } from './training-graph.ts';

/** So many pictures tell mean and deviation; of more, those at even distances. */
const MOST_LOOKED_AT = 10_000;

/** Mean and standard deviation of each colour over the pictures that are learned from, in units of 255; 1 in the place of a deviation of 0. */
export function pixelScaleOf({ imagesPath, count }: DatasetSplit, imagePx: number): PixelScale {
  const images = openImages(imagesPath, count, imagePx);
  try {
    const looked = Math.min(count, MOST_LOOKED_AT);
    // Whole numbers: their sums are exact in any order, far beyond this many pixels.
    const sums = new Float64Array(CHANNELS);
    const squares = new Float64Array(CHANNELS);
    for (let i = 0; i < looked; i++) {
      const pixels = images.read(Math.floor((i * count) / looked), 1);
      for (let at = 0; at < pixels.length; at++) {
        sums[at % CHANNELS]! += pixels[at]!;
        squares[at % CHANNELS]! += pixels[at]! ** 2;
      }
    }
    const each = looked * imagePx ** 2;
    const colours = [0, 1, 2] as const;
    const means = colours.map((colour) => sums[colour]! / each);
    const spreads = colours.map((colour) =>
      Math.sqrt(Math.max(0, squares[colour]! / each - means[colour]! ** 2)),
    );
    return {
      mean: means.map((mean) => mean / 255) as [number, number, number],
      std: spreads.map((spread) => spread / 255 || 1) as [number, number, number],
    };
  } finally {
    images.close();
  }
}
