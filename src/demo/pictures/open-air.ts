import type { Canvas } from './canvas.ts';
import {
  addLight,
  blend,
  gradient,
  hex,
  hsl,
  type MutableRgb,
  mix,
  type Rgb,
  scaled,
  smoothstep,
} from './color.ts';
import { finish } from './filters.ts';
import { MOODS } from './moods.ts';
import { fbm } from './noise.ts';
import { Random } from './random.ts';
import { disc, stroke } from './shapes.ts';
import { paintSky } from './sky.ts';

/** The open sea with a path of light under the sun. */
export function sea(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const mood = random.pick([MOODS.sunset, MOODS.sunset, MOODS.dawn, MOODS.storm]);
  const { width, height } = canvas;
  const horizon = Math.round(height * random.between(0.45, 0.6));
  const sunX = width * random.between(0.25, 0.75);
  paintSky(canvas, mood, { horizon: horizon * 1.02, sunX, cover: random.between(0.4, 0.75), seed });
  const above = canvas.copy();
  const deep = mix(mood.ambient, hex('#06283c'), 0.7);
  const shift = random.next();
  const swell = random.between(0.5, 1);
  canvas.shade((x, y, color) => {
    const depth = (y - horizon) / (height - horizon);
    const far = 1 / (depth + 0.035);
    const u = (x / width - 0.5) * far;
    const long = fbm(u * 0.06 + shift, far * 0.16) - 0.5;
    const short = fbm(u * 0.22, far * 0.62 + shift) - 0.5;
    const wave = (long + short * 0.7) * swell;
    above.read(x + wave * 70 * depth, horizon - (0.25 + 0.7 * depth) * horizon * (0.5 + wave), color);
    blend(color, deep, Math.max(0, Math.min(1, 0.42 + 0.4 * depth - wave * 1.3)));
    const spread = width * (0.028 + 0.1 * depth);
    const path = Math.exp(-(((x - sunX) / spread) ** 2));
    addLight(color, mood.sun, path * smoothstep(-0.02, 0.24, wave + 0.04) * 0.85);
    addLight(color, mood.haze, 0.5 * Math.exp(-depth * 22));
  }, horizon);
  return finish(canvas, seed);
}

const SHEEN: Rgb = [1, 0.95, 0.9];

/** From the hollows to the crests of the paint. */
const PALETTES = [
  ['#0b1d3a', '#12506b', '#2a9d8f', '#e9c46a', '#f4a261'],
  ['#2b0a3d', '#7b2d6b', '#d1495b', '#f79d65', '#fdf0d5'],
  ['#081c15', '#1b4332', '#40916c', '#b7e4c7', '#f8f4e3'],
  ['#10002b', '#3c096c', '#5a7de8', '#8fd6f0', '#fdfcf0'],
  ['#1a0f0a', '#7a3b1e', '#d9822b', '#f6d186', '#fff8e7'],
  ['#03071e', '#1d3557', '#457b9d', '#a8dadc', '#e63946'],
] as const;

/** Paint that flows: noise that bends noise. */
export function abstract(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const { width } = canvas;
  const shift = random.next();
  const scale = random.between(0.14, 0.24);
  const bend = random.between(0.2, 0.35);
  const stops = random.pick(PALETTES).map(hex);
  return finish(
    canvas.shade((x, y, color) => {
      const u = (x / width) * scale + shift;
      const v = (y / width) * scale;
      const a = fbm(u, v + 0.3);
      const b = fbm(u + 0.4, v);
      const c = fbm(u + a * bend, v + b * bend);
      const d = fbm(u + c * bend * 0.5, v + a * bend * 0.5 + 0.1);
      gradient(stops, c * 1.5 - 0.28, color);
      const sheen = smoothstep(0.42, 0.78, d) - smoothstep(0.6, 0.3, c) * 0.35;
      addLight(color, SHEEN, sheen * 0.16);
    }),
    seed,
    0.2,
    0.01,
  );
}

/** Hot-air balloons over rolling hills. */
export function balloons(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const mood = random.pick([MOODS.dawn, MOODS.noon, MOODS.sunset]);
  const { width, height } = canvas;
  const horizon = height * random.between(0.7, 0.8);
  paintSky(canvas, mood, {
    horizon: horizon * 1.1,
    sunX: width * random.between(0.1, 0.9),
    cover: 0.4,
    seed,
  });
  rollingHills(canvas, random, horizon, mood.haze);
  const count = random.whole(4, 8);
  for (let i = 0; i < count; i++) {
    const radius = height * (0.025 + 0.11 * ((i + 1) / count) ** 1.8);
    const at = [
      width * (((i * 0.618 + random.between(0, 0.12)) % 1) * 0.9 + 0.05),
      height * random.between(0.14, 0.55),
    ] as const;
    balloon(canvas, random, at, radius);
  }
  return finish(canvas, seed);
}

function rollingHills(canvas: Canvas, random: Random, horizon: number, haze: Rgb): void {
  const { width, height } = canvas;
  const near = hsl(random.between(0.2, 0.32), 0.45, 0.24);
  const color: MutableRgb = [0, 0, 0];
  for (let layer = 0; layer < 5; layer++) {
    const depth = layer / 4;
    const shift = random.next();
    const tint = mix(haze, near, 0.25 + 0.75 * depth);
    const base = horizon - height * 0.06 + depth * height * 0.2;
    for (let x = 0; x < width; x++) {
      const top = base - (fbm((x / width) * 0.22 + shift, shift) - 0.5) * height * 0.26;
      for (let y = Math.floor(top); y < height; y++) {
        const light =
          1.15 - 0.5 * smoothstep(0, height * 0.2, y - top) + 0.3 * (fbm(x / 300 + shift, y / 120) - 0.5);
        color[0] = tint[0] * light;
        color[1] = tint[1] * light;
        color[2] = tint[2] * light;
        canvas.plot(x, y, color, Math.min(1, y + 1 - top));
      }
    }
  }
}

function balloon(canvas: Canvas, random: Random, [cx, cy]: readonly [number, number], radius: number): void {
  const hue = random.next();
  const stripes = [
    hsl(hue, 0.85, 0.52),
    hsl(hue + random.pick([0.12, 0.45]), 0.85, 0.62),
    hsl(hue, 0.2, 0.93),
  ];
  const gores = random.whole(4, 7);
  const isBanded = random.chance(0.35);
  const basket = cy + radius * 1.75;
  for (const side of [-1, 1]) {
    const mouth = [cx + side * radius * 0.3, cy + radius * 1.15] as const;
    stroke(canvas, mouth, [cx + side * radius * 0.12, basket], { color: [0.2, 0.15, 0.1], width: 1 });
  }
  disc(canvas, [cx, basket + radius * 0.08], radius * 0.15, { color: hex('#5a3c20') });
  for (let y = Math.floor(cy - radius); y <= cy + radius * 1.3; y++) {
    const v = (y - cy) / radius;
    // A sphere above, drawn in to the mouth below.
    const half = radius * (v < 0 ? Math.sqrt(Math.max(0, 1 - v * v)) : Math.cos((v / 1.3) * 1.28) ** 0.8);
    for (let x = Math.floor(cx - half); x <= cx + half; x++) {
      const u = (x - cx) / Math.max(1, half);
      const gore = isBanded
        ? Math.max(0, v + 1) * gores * 0.8
        : (Math.asin(Math.max(-1, Math.min(1, u))) / Math.PI + 0.5) * gores * 2;
      const crease = 0.92 + 0.08 * Math.abs(Math.sin(gore * Math.PI));
      const light = (1.08 - 0.42 * (u * 0.7 + 0.5) ** 2 - 0.22 * Math.max(0, v)) * crease;
      const coverage = Math.max(0, Math.min(1, half + 0.5 - Math.abs(x - cx)));
      canvas.plot(x, y, scaled(stripes[Math.floor(gore) % stripes.length]!, light), coverage);
    }
  }
}

/** One tree on a hill against the evening. */
export function tree(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const mood = random.pick([MOODS.sunset, MOODS.dawn, MOODS.dusk]);
  const { width, height } = canvas;
  const horizon = height * 0.84;
  const treeX = width * random.pick([0.34, 0.66]);
  paintSky(canvas, mood, {
    horizon,
    sunX: width - treeX + random.between(-40, 40),
    cover: random.between(0.3, 0.7),
    seed,
  });
  const dark = mix([0.03, 0.025, 0.04], mood.ambient, 0.1);
  const shift = random.next();
  const hill = (x: number): number =>
    height * (0.86 - 0.1 * Math.cos(((x - treeX) / width) * 3)) + (fbm(x / width + shift, shift) - 0.5) * 12;
  for (let x = 0; x < width; x++) {
    const top = hill(x) - 3 * random.next();
    for (let y = Math.floor(top); y < height; y++) canvas.plot(x, y, dark, Math.min(1, y + 1 - top));
  }
  const leaf = random.chance(0.6) ? hsl(random.pick([0.02, 0.07, 0.11, 0.25, 0.92]), 0.7, 0.3) : undefined;
  const trunk = { from: [treeX, hill(treeX) + 6], angle: -Math.PI / 2, length: height * 0.15 } as const;
  branch(canvas, random, trunk, { dark, leaf });
  return finish(canvas, seed);
}

interface Foliage {
  readonly dark: Rgb;
  readonly leaf: Rgb | undefined;
}

/** A piece of wood from one fork to the next: `angle` in radians, `length` in pixels. */
interface Bough {
  readonly from: readonly [number, number];
  readonly angle: number;
  readonly length: number;
}

function branch(canvas: Canvas, random: Random, { from, angle, length }: Bough, foliage: Foliage): void {
  const to = [from[0] + Math.cos(angle) * length, from[1] + Math.sin(angle) * length] as const;
  stroke(canvas, from, to, { color: foliage.dark, width: length * 0.16, endWidth: length * 0.11 });
  if (length < 9) {
    const { leaf } = foliage;
    if (!leaf) return;
    const radius = random.between(2.5, 6);
    disc(canvas, to, radius, { color: scaled(leaf, random.between(0.6, 1.7)), alpha: 0.8, softness: 1.5 });
    return;
  }
  const forks = random.chance(0.35) ? 3 : 2;
  for (let i = 0; i < forks; i++) {
    const spread = (i - (forks - 1) / 2) * random.between(0.55, 0.85) + random.between(-0.15, 0.15);
    const next = { from: to, angle: angle + spread, length: length * random.between(0.68, 0.8) };
    branch(canvas, random, next, foliage);
  }
}
