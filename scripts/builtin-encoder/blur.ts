import { IMAGE_SIZE } from './measures.ts';
import type { Picture } from './picture.ts';

const SIZE = IMAGE_SIZE;

/** Gaussian blur. */
export function blur(picture: Picture, sigma: number): Picture {
  const reach = Math.ceil(3 * sigma);
  const taps = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  );
  const sum = taps.reduce((a, b) => a + b, 0);
  const along = (source: Picture, stepX: number, stepY: number): Picture => {
    const result = new Float32Array(source.length);
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        const into = 3 * (y * SIZE + x);
        for (let i = -reach; i <= reach; i++) {
          const from = 3 * (clampIndex(y + i * stepY) * SIZE + clampIndex(x + i * stepX));
          const tap = taps[i + reach]! / sum;
          for (let c = 0; c < 3; c++) result[into + c]! += tap * source[from + c]!;
        }
      }
    }
    return result;
  };
  return along(along(picture, 1, 0), 0, 1);
}

function clampIndex(index: number): number {
  return Math.min(SIZE - 1, Math.max(0, index));
}
