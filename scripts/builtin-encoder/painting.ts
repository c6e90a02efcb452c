import { IMAGE_SIZE } from './measures.ts';
import type { Picture } from './picture.ts';

const SIZE = IMAGE_SIZE;

export type Rgb = readonly [number, number, number];

/** A hue around a circle, with a saturation and a lightness. */
export function colour(hue: number, saturation: number, lightness: number): Rgb {
  const channel = (shift: number): number => {
    const wave = 0.5 + 0.5 * Math.cos(2 * Math.PI * (hue - shift));
    return Math.min(
      1,
      Math.max(0, lightness * (1 - saturation) + saturation * (1.5 * lightness * wave + 0.1)),
    );
  };
  return [channel(0), channel(1 / 3), channel(2 / 3)];
}

/** Calls `of` for every pixel, with the place of its first value. */
export function paint(of: (x: number, y: number, into: number) => void): void {
  for (let y = 0; y < SIZE; y++) for (let x = 0; x < SIZE; x++) of(x, y, 3 * (y * SIZE + x));
}

/** Pixels from the left and from the top. */
export type Point = readonly [number, number];

/** A disc that is lit from the upper left, the more the greater `light` is. */
export interface Disc {
  readonly centre: Point;
  /** Pixels. */
  readonly radius: number;
  readonly rgb: Rgb;
  readonly light: number;
}

export function disc(picture: Picture, { centre, radius, rgb, light }: Disc): void {
  const [centreX, centreY] = centre;
  const [left, right] = [Math.max(0, Math.ceil(centreX - radius)), Math.min(SIZE - 1, centreX + radius)];
  const [top, bottom] = [Math.max(0, Math.ceil(centreY - radius)), Math.min(SIZE - 1, centreY + radius)];
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const [dx, dy] = [(x - centreX) / radius, (y - centreY) / radius];
      if (dx * dx + dy * dy > 1) continue;
      const shade = 1 - light * (dx + dy) * 0.3;
      for (let c = 0; c < 3; c++) picture[3 * (y * SIZE + x) + c] = rgb[c]! * shade;
    }
  }
}
