import { Random } from '../random.ts';
import { IMAGE_SIZE, LUMA } from './measures.ts';
import type { Picture } from './picture.ts';

const SIZE = IMAGE_SIZE;

/** Gaussian noise on each channel. */
export function addNoise(picture: Picture, sigma: number, seed: number): Picture {
  const random = new Random(seed);
  return picture.map((value) => value + sigma * random.normal());
}

/** Mixes each pixel with its luma. */
export function desaturate(picture: Picture, share: number): Picture {
  return picture.map((value, i) => {
    const at = i - (i % 3);
    const luma = LUMA[0] * picture[at]! + LUMA[1] * picture[at + 1]! + LUMA[2] * picture[at + 2]!;
    return value + share * (luma - value);
  });
}

/** Multiplies light; what runs over the range is cut when the picture is finished. */
export function expose(picture: Picture, gain: number): Picture {
  return picture.map((value) => value * gain);
}

/** Pulls every pixel towards grey. */
export function flatten(picture: Picture, contrast: number): Picture {
  return picture.map((value) => 0.55 + contrast * (value - 0.55));
}

/** White letters of random strokes, on slanted lines over the whole picture. */
export function stamp(picture: Picture, opacity: number, seed: number): Picture {
  const random = new Random(seed);
  const result = picture.slice();
  const [height, pitch] = [Math.floor(random.between(8, 18)), random.between(30, 70)];
  const thickness = Math.max(1, Math.floor(height / 6));
  for (let line = -SIZE; line < 2 * SIZE; line += pitch) {
    for (let x = 0; x < SIZE; x += Math.floor(height * 0.8)) {
      if (random.next() < 0.15) continue;
      const top = Math.floor(line + 0.4 * x);
      const bars = [random.next(), random.next(), random.next()].map((bar) => Math.floor(bar * height));
      whiten(result, { left: x, top, width: thickness, height }, opacity);
      for (const bar of bars)
        whiten(
          result,
          { left: x, top: top + bar, width: Math.floor(height / 2), height: thickness },
          opacity,
        );
    }
  }
  return result;
}

/** Pixels. */
interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function whiten(picture: Picture, { left, top, width, height }: Box, opacity: number): void {
  for (let y = Math.max(0, top); y < Math.min(SIZE, top + height); y++) {
    for (let x = left; x < Math.min(SIZE, left + width); x++) {
      const into = 3 * (y * SIZE + x);
      for (let c = 0; c < 3; c++) picture[into + c]! += opacity * (1 - picture[into + c]!);
    }
  }
}
