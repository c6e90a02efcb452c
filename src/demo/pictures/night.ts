import type { Canvas } from './canvas.ts';
import { addLight, gradient, hex, hsl, mix, type Rgb, scaled, smoothstep } from './color.ts';
import { blur, finish } from './filters.ts';
import { fbm } from './noise.ts';
import { Random } from './random.ts';
import { conifer, disc, halo, type Lamp, rectangle } from './shapes.ts';

/** Stars over dark hills: the Milky Way, or northern lights. */
export function starryNight(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const { height } = canvas;
  const stops = ['#050818', '#0c1738', '#1c2f5c', random.pick(['#4a4a74', '#2c5a6c', '#6a4a5c'])].map(hex);
  canvas.shade((_x, y, color) => gradient(stops, y / (height * 0.85), color));
  if (random.chance(0.5)) paintAurora(canvas, random);
  else paintMilkyWay(canvas, random);
  scatterStars(canvas, random, 420);
  paintHills(canvas, random);
  return finish(canvas, seed, 0.3, 0.01);
}

function paintMilkyWay(canvas: Canvas, random: Random): void {
  const angle = random.between(0.5, 1.1) * (random.chance(0.5) ? 1 : -1);
  const shift = random.next();
  const warm = hex('#e8c8b0');
  const cool = hex('#8aa0e8');
  canvas.shade((x, y, color) => {
    const u = (x - canvas.width / 2) / canvas.width;
    const v = (y - canvas.height * 0.38) / canvas.width;
    const along = u * Math.cos(angle) + v * Math.sin(angle);
    const across = v * Math.cos(angle) - u * Math.sin(angle) + (fbm(along * 0.4 + shift, shift) - 0.5) * 0.12;
    const band = Math.exp(-((across / 0.12) ** 2));
    if (band < 0.02) return;
    const cloud = fbm(along * 0.9 + shift, across * 1.4);
    const dust =
      smoothstep(0.42, 0.66, fbm(along * 1.1, across * 2.6 + shift)) * Math.exp(-((across / 0.06) ** 2));
    const light = band * (0.16 + 0.75 * cloud ** 2) * (1 - 0.75 * dust);
    addLight(color, cool, light * 0.42);
    addLight(color, warm, light * Math.exp(-((across / 0.05) ** 2)) * 0.45);
  });
}

function paintAurora(canvas: Canvas, random: Random): void {
  const { width, height } = canvas;
  const shift = random.next();
  const lower = hex(random.pick(['#3cf09a', '#4af0b8', '#70f080']));
  const upper = hex(random.pick(['#8a4ae0', '#d04a9a', '#3a7ae8']));
  for (let curtain = 0; curtain < 3; curtain++) {
    const base = height * (0.3 + 0.14 * curtain);
    for (let x = 0; x < width; x++) {
      const u = x / width;
      const foot = base + (fbm(u * 0.35 + shift, curtain * 0.31 + shift) - 0.5) * height * 0.75;
      const streak = 0.3 + 0.7 * smoothstep(0.3, 0.75, fbm(u * 2.4, curtain * 0.17 + shift));
      const reach = height * (0.12 + 0.22 * fbm(u * 0.8, curtain * 0.23));
      for (let y = Math.max(0, Math.floor(foot - reach * 3)); y < foot + 14; y++) {
        const rise = (foot - y) / reach;
        const light = rise < 0 ? Math.max(0, 1 + (rise * reach) / 14) : Math.exp(-rise);
        canvas.glow(x, y, mix(lower, upper, smoothstep(0.2, 1.8, rise)), light * streak * 0.42);
      }
    }
  }
}

function scatterStars(canvas: Canvas, random: Random, count: number): void {
  for (let i = 0; i < count; i++) {
    const at = [random.between(0, canvas.width), random.between(0, canvas.height * 0.85)] as const;
    const brightness = random.next() ** 4;
    const color = mix(hex('#a8c0ff'), hex('#ffe0c0'), random.next());
    disc(canvas, at, 0.45 + brightness * 1.1, { color, alpha: 0.35 + 0.65 * brightness, softness: 1.2 });
    if (brightness > 0.55) halo(canvas, at, 3 + 3 * brightness, { color, strength: 0.25 });
  }
}

function paintHills(canvas: Canvas, random: Random): void {
  const { width, height } = canvas;
  for (let layer = 0; layer < 3; layer++) {
    const color = mix(hex('#18243c'), hex('#020408'), layer / 2);
    const shift = random.next();
    const top = (x: number): number =>
      height * (0.72 + layer * 0.08 - (fbm((x / width) * (0.3 + 0.1 * layer) + shift, shift) - 0.5) * 0.4);
    for (let x = 0; x < width; x++) {
      const edge = top(x);
      for (let y = Math.floor(edge); y < height; y++) canvas.plot(x, y, color, Math.min(1, y + 1 - edge));
    }
    if (layer === 0) continue;
    for (let x = random.between(0, 8); x < width; x += random.between(3, 22)) {
      conifer(canvas, [x, top(x) + 4], height * random.between(0.02, 0.05) * (layer + 1), color);
    }
  }
}

/** A skyline at blue hour with lit windows, mirrored in a river. */
export function city(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const { width, height } = canvas;
  const shore = Math.round(height * random.between(0.62, 0.72));
  const stops = random.pick([
    ['#101c4c', '#3a3f84', '#b0607c', '#f8a868'],
    ['#0a1030', '#1c2c6c', '#4a58a0', '#c890a8'],
    ['#1c1440', '#5a2c70', '#d05a6c', '#fcc070'],
  ]);
  const sky = stops.map(hex);
  canvas.shade((_x, y, color) => gradient(sky, y / shore, color));
  for (let layer = 0; layer < 3; layer++) {
    const body = mix(mix(sky[2]!, sky[1]!, 0.5), hex('#080c1c'), 0.35 + layer * 0.3);
    for (let x = random.between(-30, 0); x < width; ) {
      const span = random.between(0.035, 0.085) * width;
      const tall = height * random.between(0.12, 0.3 + 0.12 * (2 - layer)) * (1 - 0.12 * layer);
      const frame: Frame = [Math.round(x), Math.round(shore - tall), Math.round(span), Math.round(tall)];
      building(canvas, random, frame, body);
      lightWindows(canvas, random, frame, layer);
      x += span * random.between(0.8, 1.3);
    }
  }
  reflectCity(canvas, shore, random.next());
  return finish(canvas, seed);
}

/** Left, top, width and height of a building, in pixels. */
type Frame = readonly [number, number, number, number];

function building(canvas: Canvas, random: Random, frame: Frame, body: Rgb): void {
  const [left, top, span, tall] = frame;
  rectangle(canvas, frame, body);
  if (random.chance(0.3)) rectangle(canvas, [left + span * 0.3, top - 9, span * 0.4, 9], body);
  if (random.chance(0.25)) rectangle(canvas, [left + span / 2, top - tall * 0.25, 1.5, tall * 0.25], body);
}

/** Nearer layers have larger and brighter windows. */
function lightWindows(canvas: Canvas, random: Random, frame: Frame, layer: number): void {
  const [left, top, span, tall] = frame;
  const pitchX = 5 + layer * 2;
  const pitchY = 6 + layer * 2;
  const lit = random.between(0.15, 0.6);
  const warm = hsl(random.between(0.08, 0.15), 0.9, 0.68);
  for (let y = top + 4; y < top + tall - pitchY; y += pitchY) {
    for (let x = left + 3; x < left + span - pitchX; x += pitchX) {
      if (!random.chance(lit)) continue;
      const light = random.chance(0.12) ? hex('#c8e4ff') : warm;
      rectangle(
        canvas,
        [x, y, pitchX - 2.5, pitchY - 3],
        scaled(light, random.between(0.55, 1.15)),
        0.55 + 0.2 * layer,
      );
    }
  }
}

function reflectCity(canvas: Canvas, shore: number, shift: number): void {
  const mirror = blur(canvas.copy(), 1, 7);
  canvas.shade((x, y, color) => {
    const depth = (y - shore) / (canvas.height - shore);
    const far = 1 / (depth + 0.06);
    const wave = fbm((x / canvas.width) * 0.6 * far * 0.2 + shift, far * 0.35) - 0.5;
    mirror.read(x + wave * 46 * depth, shore - (y - shore) * 1.1 + wave * 60 * depth, color);
    const dim = 0.86 - 0.3 * depth + wave * 0.5;
    color[0] *= dim * 0.92;
    color[1] *= dim * 0.96;
    color[2] *= dim;
  }, shore);
}

/** Street lights far out of focus. */
export function bokeh(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const { width, height } = canvas;
  const hue = random.next();
  const stops = [hsl(hue, 0.5, 0.07), hsl(hue + 0.08, 0.6, 0.16), hsl(hue + 0.16, 0.5, 0.09)];
  canvas.shade((x, y, color) =>
    gradient(stops, y / height + 0.2 * (fbm(x / width / 3, y / height / 3) - 0.5), color),
  );
  const near = width * random.between(0.05, 0.085);
  for (let i = 0; i < 70; i++) {
    const t = i / 70;
    const color = hsl(hue + random.pick([0, 0.08, 0.45, 0.55]) + random.between(-0.04, 0.04), 0.9, 0.6);
    const at = [
      random.between(0, width),
      height * (0.5 + (random.next() - 0.5) * random.between(0.4, 1)),
    ] as const;
    const radius = near * (0.25 + 0.75 * t) * random.between(0.7, 1.1);
    const strength = random.between(0.18, 0.55);
    glowDisc(canvas, at, radius, { color, strength });
  }
  return finish(canvas, seed, 0.35, 0.008);
}

/** A highlight as a lens shows it: even inside, a little brighter at the rim. */
function glowDisc(canvas: Canvas, at: readonly [number, number], radius: number, lamp: Lamp): void {
  const [cx, cy] = at;
  const { color, strength } = lamp;
  for (let y = Math.floor(cy - radius - 1); y <= cy + radius + 1; y++) {
    for (let x = Math.floor(cx - radius - 1); x <= cx + radius + 1; x++) {
      const distance = Math.sqrt((x - cx) ** 2 + (y - cy) ** 2);
      const edge = Math.max(0, Math.min(1, (radius - distance) / 2 + 0.5));
      if (edge > 0) canvas.glow(x, y, color, strength * edge * (0.7 + 0.45 * (distance / radius) ** 6));
    }
  }
}
