import { Random } from './random.ts';

const SIZE = 512;
const MASK = SIZE - 1;
const FIRST_CELLS = 4;
const LAST_CELLS = 128;

/** How one octave of gradient noise (about -0.7 to 0.7) adds to the sum; `weight` is the octave before. */
type Octave = (noise: number, weight: number) => number;

function gradients(cells: number, random: Random): Float32Array {
  const vectors = new Float32Array(cells * cells * 2);
  for (let i = 0; i < vectors.length; i += 2) {
    const angle = random.next() * 2 * Math.PI;
    vectors[i] = Math.cos(angle);
    vectors[i + 1] = Math.sin(angle);
  }
  return vectors;
}

function fade(t: number): number {
  return t * t * t * (t * (t * 6 - 15) + 10);
}

/** Perlin's gradient noise that repeats after `cells` cells, added into `sum` as `octave` says. */
function addOctave(sum: Float32Array, weights: Float32Array, cells: number, octave: Octave): void {
  const vectors = gradients(cells, new Random(1000 + cells));
  const amplitude = FIRST_CELLS / cells;
  const dot = (cx: number, cy: number, dx: number, dy: number): number => {
    const i = ((cy % cells) * cells + (cx % cells)) * 2;
    return vectors[i]! * dx + vectors[i + 1]! * dy;
  };
  for (let y = 0, i = 0; y < SIZE; y++) {
    const gy = (y * cells) / SIZE;
    const cy = Math.floor(gy);
    const dy = gy - cy;
    const fy = fade(dy);
    for (let x = 0; x < SIZE; x++, i++) {
      const gx = (x * cells) / SIZE;
      const cx = Math.floor(gx);
      const dx = gx - cx;
      const fx = fade(dx);
      const top = dot(cx, cy, dx, dy) * (1 - fx) + dot(cx + 1, cy, dx - 1, dy) * fx;
      const bottom = dot(cx, cy + 1, dx, dy - 1) * (1 - fx) + dot(cx + 1, cy + 1, dx - 1, dy - 1) * fx;
      const value = octave(top * (1 - fy) + bottom * fy, weights[i]!);
      weights[i] = value;
      sum[i]! += value * amplitude;
    }
  }
}

/** A square of noise that tiles; its mean is 0.5 and its standard deviation 1/6. */
function buildTexture(octave: Octave): Float32Array {
  const sum = new Float32Array(SIZE * SIZE);
  const weights = new Float32Array(SIZE * SIZE).fill(1);
  for (let cells = FIRST_CELLS; cells <= LAST_CELLS; cells *= 2) addOctave(sum, weights, cells, octave);
  let mean = 0;
  for (const value of sum) mean += value / sum.length;
  let variance = 0;
  for (const value of sum) variance += (value - mean) ** 2 / sum.length;
  const scale = 1 / (6 * Math.sqrt(variance));
  return sum.map((value) => 0.5 + (value - mean) * scale);
}

const soft = buildTexture((noise) => noise);
const ridged = buildTexture((noise, weight) => (1 - Math.abs(noise) * 1.6) ** 2 * Math.min(1, weight * 1.6));

function sample(texture: Float32Array, x: number, y: number): number {
  const sx = x * SIZE;
  const sy = y * SIZE;
  const fx = Math.floor(sx);
  const fy = Math.floor(sy);
  const dx = sx - fx;
  const dy = sy - fy;
  const x0 = fx & MASK;
  const x1 = (fx + 1) & MASK;
  const row0 = (fy & MASK) * SIZE;
  const row1 = ((fy + 1) & MASK) * SIZE;
  const top = texture[row0 + x0]! * (1 - dx) + texture[row0 + x1]! * dx;
  const bottom = texture[row1 + x0]! * (1 - dx) + texture[row1 + x1]! * dx;
  return top * (1 - dy) + bottom * dy;
}

/** Fractal gradient noise, 4 cells per unit and finer; repeats every unit. Mean 0.5, nearly all within 0 to 1. */
export function fbm(x: number, y: number): number {
  return sample(soft, x, y);
}

/** Ridged multifractal noise: sharp crests, smooth valleys. Period, mean and spread as `fbm`. */
export function ridges(x: number, y: number): number {
  return sample(ridged, x, y);
}
