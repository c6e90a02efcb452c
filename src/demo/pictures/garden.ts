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
import { blur, finish } from './filters.ts';
import { fbm } from './noise.ts';
import { Random } from './random.ts';
import { disc, stroke } from './shapes.ts';

interface Petals {
  readonly count: number;
  readonly radius: number;
  readonly turn: number;
  readonly inner: Rgb;
  readonly outer: Rgb;
  /** 0 gives round petals, 1 pointed ones. */
  readonly point: number;
}

/** One flower close up, sharp, before a background far out of focus. */
export function flower(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const { width, height } = canvas;
  const hue = random.pick([0.93, 0.99, 0.06, 0.13, 0.75, 0.83, 0.6]);
  paintBackdrop(canvas, random, hue);
  const cx = width * random.between(0.38, 0.62);
  const cy = height * random.between(0.4, 0.52);
  const radius = Math.min(width, height) * random.between(0.3, 0.4);
  stroke(canvas, [cx, cy], [cx + random.between(-60, 60), height + 20], {
    color: hex('#4a7a2c'),
    width: radius * 0.07,
    endWidth: radius * 0.1,
  });
  const count = random.whole(6, 13);
  const point = random.next();
  for (let layer = 0; layer < 3; layer++) {
    paintPetals(canvas, [cx, cy], {
      count,
      radius: radius * (1 - layer * 0.23),
      turn: random.between(0, 1) + layer * 0.5,
      inner: hsl(hue + 0.05, 0.9, 0.42 + 0.05 * layer),
      outer: hsl(hue, 0.85, 0.62 + 0.08 * layer),
      point,
    });
  }
  paintFlorets(canvas, random, [cx, cy], radius * 0.24);
  return finish(canvas, seed, 0.3, 0.01);
}

function paintBackdrop(canvas: Canvas, random: Random, hue: number): void {
  const { width, height } = canvas;
  const stops = [hsl(0.3, 0.4, 0.42), hsl(0.27, 0.45, 0.28), hsl(0.36, 0.4, 0.14)];
  const shift = random.next();
  canvas.shade((x, y, color) => {
    gradient(stops, y / height + 0.5 * (fbm((x / width) * 0.35 + shift, (y / height) * 0.35) - 0.5), color);
  });
  for (let i = 0; i < 34; i++) {
    const color = random.chance(0.45)
      ? hsl(hue + random.between(-0.05, 0.05), 0.7, 0.6)
      : hsl(random.between(0.14, 0.3), 0.6, 0.6);
    const at = [random.between(0, width), random.between(0, height)] as const;
    const radius = width * random.between(0.02, 0.075);
    disc(canvas, at, radius, { color, alpha: random.between(0.08, 0.3), softness: 5 });
  }
  blur(canvas, 4);
}

function paintPetals(canvas: Canvas, [cx, cy]: readonly [number, number], petals: Petals): void {
  const { count, radius, turn, inner, outer, point } = petals;
  const power = 0.35 + 0.9 * point;
  const reach = Math.ceil(radius * 1.08);
  // The heart of the flower and the next layer of petals cover the inside.
  const hidden = radius * 0.22;
  const petalColor: MutableRgb = [0, 0, 0];
  const left = Math.max(0, Math.floor(cx) - reach);
  const right = Math.min(canvas.width, Math.ceil(cx) + reach);
  for (let y = Math.max(0, Math.floor(cy) - reach); y < Math.min(canvas.height, cy + reach); y++) {
    for (let x = left; x < right; x++) {
      const distance = Math.sqrt((x - cx) ** 2 + (y - cy) ** 2);
      if (distance > reach || distance < hidden) continue;
      const around = (Math.atan2(y - cy, x - cx) / (2 * Math.PI)) * count + turn + count;
      const part = (around % 1) * 2 - 1;
      const petal = Math.floor(around) % count;
      const length =
        radius *
        (0.93 + 0.1 * Math.sin(petal * 2.4)) *
        (1 - Math.abs(part) ** (2.6 - power)) ** (0.3 + 0.25 * point);
      const inside = length - distance;
      if (inside < -6) continue;
      if (inside < 0) {
        canvas.plot(x, y, [0.02, 0.04, 0.02], 0.05 * (6 + inside));
        continue;
      }
      const t = distance / radius;
      const veins = 0.05 * Math.sin(part * 22 + 3 * t) * t;
      const fold = 1 - 0.42 * Math.abs(part) ** 1.6 - 0.16 * smoothstep(-0.2, 1, part);
      petalColor[0] = inner[0];
      petalColor[1] = inner[1];
      petalColor[2] = inner[2];
      blend(petalColor, outer, smoothstep(0.1, 0.85, t));
      const light = (fold + veins) * (0.62 + 0.45 * t) * 1.08;
      canvas.plot(x, y, scaled(petalColor, light), Math.min(1, inside));
    }
  }
}

/** The heart of the flower: florets in Vogel's spiral (137.5 degrees apart). */
function paintFlorets(
  canvas: Canvas,
  random: Random,
  [cx, cy]: readonly [number, number],
  radius: number,
): void {
  const dark = hex(random.pick(['#5a3208', '#4a4a10', '#602810']));
  const bright = hex(random.pick(['#f8c83a', '#f0a828', '#f8e070']));
  disc(canvas, [cx, cy], radius, { color: dark, softness: 4 });
  const count = 190;
  for (let i = 0; i < count; i++) {
    const t = Math.sqrt(i / count);
    const angle = i * 2.399963;
    const at = [cx + Math.cos(angle) * radius * t, cy + Math.sin(angle) * radius * t] as const;
    const color = mix(dark, bright, 0.35 + 0.6 * t * random.between(0.75, 1));
    disc(canvas, at, radius * 0.062, { color, alpha: 0.95, softness: 1.2 });
  }
}

/** Tall trunks in the mist, with light falling between them. */
export function forest(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const { width, height } = canvas;
  const fog = hex(random.pick(['#f4dca0', '#d8e8c8', '#f8c898', '#c8dce8']));
  const dark = hex(random.pick(['#1c2414', '#241a12', '#14201c']));
  const leaf = hex(random.pick(['#6a8c2c', '#c87a24', '#4c7c3c', '#b0982c']));
  const lightX = width * random.between(0.2, 0.8);
  canvas.shade((x, y, color) => {
    gradient([scaled(fog, 1.05), fog, scaled(leaf, 0.85)], y / height, color);
    addLight(
      color,
      fog,
      0.4 * Math.exp(-Math.sqrt((x - lightX) ** 2 + ((y - height * 0.25) * 0.8) ** 2) / (width * 0.22)),
    );
  });
  for (let layer = 0; layer < 6; layer++) {
    const depth = layer / 5;
    paintGround(canvas, random, depth, mix(mix(fog, leaf, 0.55), mix(dark, leaf, 0.3), depth));
    paintTrunks(canvas, random, depth, mix(fog, dark, 0.16 + 0.8 * depth));
    paintLeaves(canvas, random, depth, mix(fog, leaf, 0.25 + 0.65 * depth));
  }
  paintRays(canvas, random, [lightX, -height * 0.25], fog);
  return finish(canvas, seed, 0.35, 0.012);
}

function paintGround(canvas: Canvas, random: Random, depth: number, color: Rgb): void {
  const { width, height } = canvas;
  const shift = random.next();
  const level = height * (0.66 + 0.26 * depth);
  const tuft: MutableRgb = [0, 0, 0];
  for (let x = 0; x < width; x++) {
    const top =
      level + (fbm((x / width) * 0.6 + shift, depth) - 0.5) * 40 + (fbm((x / width) * 6, shift) - 0.5) * 14;
    for (let y = Math.floor(top); y < height; y++) {
      const speck = 0.72 + 0.5 * fbm((x / width) * 3, (y / height) * 6 + shift);
      tuft[0] = color[0] * speck;
      tuft[1] = color[1] * speck;
      tuft[2] = color[2] * speck;
      canvas.plot(x, y, tuft, Math.max(0, Math.min(1, (y + 1 - top) / 3)));
    }
  }
}

function paintTrunks(canvas: Canvas, random: Random, depth: number, color: Rgb): void {
  const { width, height } = canvas;
  const count = Math.round(15 - 10 * depth);
  for (let i = 0; i < count; i++) {
    const x = width * ((i + random.between(0.1, 0.9)) / count);
    const girth = width * (0.007 + 0.036 * depth ** 1.5) * random.between(0.7, 1.3);
    const foot = height * (0.7 + 0.27 * depth);
    const lean = random.between(-0.05, 0.05) * height;
    const bark = random.next();
    for (let y = 0; y < foot; y++) {
      const t = y / foot;
      const flare = 1 + 0.7 * smoothstep(0.88, 1, t);
      const half = (girth / 2) * (0.72 + 0.28 * t) * flare;
      const centre = x + lean * (1 - t);
      for (let px = Math.floor(centre - half); px <= centre + half; px++) {
        const side = (px - centre) / half;
        const grain = 0.85 + 0.4 * fbm(side * 0.35 + bark, t * 1.3);
        const light = (1 - 0.35 * side) * grain;
        canvas.plot(
          px,
          y,
          scaled(color, light),
          Math.max(0, Math.min(1, half + 0.5 - Math.abs(px - centre))),
        );
      }
    }
  }
}

function paintLeaves(canvas: Canvas, random: Random, depth: number, color: Rgb): void {
  const { width, height } = canvas;
  for (let i = 0; i < 90; i++) {
    const at = [random.between(0, width), height * random.next() ** 2 * (0.42 - 0.12 * depth)] as const;
    const radius = random.between(2, 5 + 8 * depth);
    disc(canvas, at, radius, { color: scaled(color, random.between(0.7, 1.25)), alpha: 0.5, softness: 3 });
  }
}

function paintRays(canvas: Canvas, random: Random, [lx, ly]: readonly [number, number], fog: Rgb): void {
  const shift = random.next();
  const { height } = canvas;
  canvas.shade((x, y, color) => {
    const angle = Math.atan2(x - lx, y - ly);
    const beam = smoothstep(0.5, 0.85, fbm(angle * 0.7 + shift, shift));
    addLight(color, fog, beam * 0.3 * (1 - (y / height) * 0.6));
  });
}
