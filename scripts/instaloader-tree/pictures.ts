import { sharp } from '../../src/decode/sharp-library.ts';
import { Random } from '../random.ts';

/** What of a picture may decide how much it is liked, each from 0 to 1. */
export interface Visible {
  /** How large the disc is: no sum over pixels shows it, for it may lie anywhere, be darker than what is around it, or lighter. */
  readonly disc: number;
  /** How red the picture is, and how little blue. */
  readonly warmth: number;
}

/** What a post's picture shows, by its seed alone. */
export function visibleOf(seed: number): Visible {
  const random = new Random(seed);
  return { disc: random.next(), warmth: random.next() };
}

/** A disc on a gradient, with some grain: a JPEG that depends on the seed and the side alone. @param side in pixels */
export function makePicture(seed: number, side: number): Promise<Buffer> {
  const random = new Random(seed);
  const [disc, warmth] = [random.next(), random.next()];
  const radius = side * (0.08 + 0.34 * disc);
  const [centreX, centreY] = [random.between(0.35, 0.65) * side, random.between(0.35, 0.65) * side];
  const base = random.between(70, 185);
  const step = (random.next() < 0.5 ? -1 : 1) * random.between(45, 65);
  const slope = random.between(-20, 20);
  const pixels = Buffer.alloc(side * side * 3);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const isInside = Math.hypot(x - centreX, y - centreY) < radius;
      const light = base + (slope * x) / side + (isInside ? step : 0) + random.between(-8, 8);
      pixels[i++] = clamped(light + 40 * (warmth - 0.5));
      pixels[i++] = clamped(light);
      pixels[i++] = clamped(light - 40 * (warmth - 0.5));
    }
  }
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}

function clamped(light: number): number {
  return Math.max(0, Math.min(255, Math.round(light)));
}
