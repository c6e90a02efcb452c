import type { Random } from '../random.ts';

const LATTICE = 64;

/** A function of the place in the picture, x and y in 0..1, that changes smoothly between about -1 and 1. */
export type Field = (x: number, y: number) => number;

/** Value noise of `cells` to the picture's side. It is turned by chance: its lattice must not look like a JPEG's. */
function valueNoise(random: Random, cells: number): Field {
  const lattice = Float64Array.from({ length: LATTICE ** 2 }, () => random.between(-1, 1));
  const angle = random.between(0.3, 1.2);
  const [cosine, sine] = [cells * Math.cos(angle), cells * Math.sin(angle)];
  const [offsetX, offsetY] = [random.between(0, LATTICE), random.between(0, LATTICE)];
  const ease = (t: number): number => t * t * (3 - 2 * t);
  return (x, y) => {
    const [u, v] = [x * cosine - y * sine + offsetX, x * sine + y * cosine + offsetY];
    const [i, j] = [Math.floor(u), Math.floor(v)];
    const [s, t] = [ease(u - i), ease(v - j)];
    const at = (row: number, column: number): number =>
      lattice[(row & (LATTICE - 1)) * LATTICE + (column & (LATTICE - 1))]!;
    const upper = at(j, i) * (1 - s) + at(j, i + 1) * s;
    const lower = at(j + 1, i) * (1 - s) + at(j + 1, i + 1) * s;
    return upper * (1 - t) + lower * t;
  };
}

/**
 * Sum of value noise in octaves from `cells` to `most` to the side, each `gain` times as strong as the last: a gain of
 * 0.5 has the 1/f^2 power spectrum of photographs (Field 1987), more is rougher.
 */
export function fractal(random: Random, cells: number, most: number, gain: number): Field {
  const octaves: [noise: Field, weight: number][] = [];
  let weight = 1;
  for (let count = cells; count <= most; count *= 2) {
    octaves.push([valueNoise(random, count), weight]);
    weight *= gain;
  }
  const total = octaves.reduce((sum, octave) => sum + octave[1], 0);
  return (x, y) => octaves.reduce((sum, [noise, share]) => sum + share * noise(x, y), 0) / total;
}
