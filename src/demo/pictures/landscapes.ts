import type { Canvas } from './canvas.ts';
import { blend, hex, type MutableRgb, mix, type Rgb, smoothstep } from './color.ts';
import { finish } from './filters.ts';
import { MOODS, type Mood } from './moods.ts';
import { fbm, ridges } from './noise.ts';
import { Random } from './random.ts';
import { conifer, disc, stroke } from './shapes.ts';
import { paintSky } from './sky.ts';
import { drawTerrain, facing, slopeAt, type View } from './terrain.ts';

type Light = readonly [number, number, number];

/** Lights `albedo` as the mood does. */
function lightGround(color: MutableRgb, albedo: Rgb, mood: Mood, light: number): void {
  for (let c = 0; c < 3; c++)
    color[c] = albedo[c]! * (mood.ambient[c]! * 0.75 + mood.direct[c]! * light * 1.15);
}

/** Lets the air before it fade a colour: `depth` 0 keeps it, 1 leaves about a third of it. */
function fadeIntoHaze(color: MutableRgb, mood: Mood, depth: number): void {
  blend(color, mood.haze, 1 - Math.exp(-depth));
}

interface Ground {
  readonly mood: Mood;
  readonly light: Light;
  readonly treeLine: number;
  readonly snowLine: number;
  readonly grass: Rgb;
  readonly hazePerUnit: number;
}

function mountainColor(height: View['height'], ground: Ground): View['color'] {
  const forest = hex('#2c4a2a');
  const rock = hex('#8a8078');
  const snow = hex('#f6f8ff');
  const albedo: MutableRgb = [0, 0, 0];
  const slope: [number, number] = [0, 0];
  return (seen, color) => {
    const { x, z, height: h, distance } = seen;
    slopeAt(height, seen, Math.max(0.004, distance * 0.005), slope);
    const light = facing(slope, ground.light);
    const level = facing(slope, [0, 1, 0]);
    const patch = fbm(x * 3.1, z * 3.1);
    for (let c = 0; c < 3; c++) albedo[c] = ground.grass[c]! * (0.75 + 0.5 * patch);
    blend(albedo, forest, smoothstep(0.42, 0.55, fbm(x * 1.3 + 0.4, z * 1.3)));
    blend(albedo, rock, smoothstep(ground.treeLine - 0.03, ground.treeLine + 0.06, h + (patch - 0.5) * 0.1));
    const snowed = smoothstep(ground.snowLine - 0.02, ground.snowLine + 0.05, h + (patch - 0.5) * 0.12);
    blend(albedo, snow, snowed * smoothstep(0.45, 0.7, level));
    lightGround(color, albedo, ground.mood, light);
    fadeIntoHaze(color, ground.mood, distance * ground.hazePerUnit);
  };
}

/** Mountains that rise towards the distance, so that the foreground stays open. */
function mountainHeight(random: Random, relief: number): View['height'] {
  const shiftX = random.next();
  const shiftZ = random.next();
  return (x, z) => {
    const rise = smoothstep(0.5, 3.2, z);
    const peak = ridges(x * 0.16 + shiftX, z * 0.16 + shiftZ);
    const rolling = fbm(x * 0.3 + shiftZ, z * 0.3 + shiftX) - 0.5;
    return (
      relief * rise * Math.max(0, peak - 0.12) ** 1.25 +
      rolling * 0.16 +
      (ridges(x * 0.9, z * 0.9) - 0.5) * 0.05 * rise
    );
  };
}

function lightFrom(sunX: number, width: number): Light {
  return sunX < width / 2 ? [-0.72, 0.5, -0.3] : [0.72, 0.5, -0.3];
}

/** What still water would show, and how far away each of its pixels is (0 where there is none). */
interface Water {
  readonly mirror: Canvas;
  readonly distances: Float32Array;
  readonly horizon: number;
}

/** Ripples the mirrored picture into the water pixels. */
function paintWater(canvas: Canvas, { mirror, distances, horizon }: Water, mood: Mood): void {
  const seen: MutableRgb = [0, 0, 0];
  const deep = mix(mood.ambient, hex('#0a2430'), 0.62);
  canvas.shade((x, y, color) => {
    const distance = distances[y * canvas.width + x]!;
    if (distance === 0) return;
    const depth = (y - horizon) / (canvas.height - horizon);
    const u = (x / canvas.width - 0.5) * distance;
    const wave = fbm(u * 0.5, distance * 4) - 0.5 + 0.6 * (fbm(u * 1.7, distance * 11) - 0.5);
    const calm = 3 + 30 * depth * depth;
    mirror.read(x + wave * calm * 0.5, 2 * horizon - y + wave * calm, seen);
    blend(seen, deep, 0.14 + 0.5 * depth);
    color[0] = seen[0];
    color[1] = seen[1];
    color[2] = seen[2];
  }, Math.floor(horizon));
}

function plantConifers(canvas: Canvas, random: Random, mood: Mood): void {
  const dark = mix([0.02, 0.04, 0.04], mood.ambient, 0.16);
  const isLeft = random.chance(0.5);
  const count = random.whole(4, 9);
  for (let i = 0; i < count; i++) {
    const side = random.next() ** 1.6 * 0.4 * canvas.width;
    const height = canvas.height * random.between(0.22, 0.58) * (1 - side / canvas.width);
    conifer(canvas, [isLeft ? side : canvas.width - side, canvas.height + height * 0.12], height, dark);
  }
}

/** A mountain lake that mirrors peaks and sky. */
export function lake(canvas: Canvas, seed: number, hour: keyof typeof MOODS): Canvas {
  const random = new Random(seed);
  const mood = MOODS[hour];
  const { width } = canvas;
  const horizon = canvas.height * random.between(0.42, 0.52);
  const sunX = width * (random.chance(0.5) ? random.between(0.15, 0.4) : random.between(0.6, 0.85));
  paintSky(canvas, mood, { horizon: horizon * 1.04, sunX, cover: random.between(0.3, 0.75), seed });
  const height = mountainHeight(random, random.between(0.75, 1.15));
  const snowLine = random.between(0.24, 0.4);
  const view: View = {
    height,
    color: mountainColor(height, {
      mood,
      light: lightFrom(sunX, width),
      treeLine: snowLine - 0.12,
      snowLine,
      grass: hex(random.pick(['#5c7a34', '#7a7a3c', '#4c6c3a'])),
      hazePerUnit: 0.1,
    }),
    cameraX: random.between(0, 40),
    cameraZ: 0,
    cameraHeight: 0.2,
    horizon,
    focal: width * 0.85,
    near: 0.25,
    far: 9,
    waterLevel: 0.02,
    stepRatio: 1.016,
  };
  const mirror = canvas.copy();
  const distances = drawTerrain(canvas, view);
  drawTerrain(mirror, {
    ...view,
    cameraHeight: 2 * view.waterLevel! - view.cameraHeight,
    near: 0.6,
    stepRatio: 1.03,
  });
  paintWater(canvas, { mirror, distances, horizon }, mood);
  if (random.chance(0.7)) plantConifers(canvas, random, mood);
  return finish(canvas, seed);
}

/** Green hills with flowers in front of snowy mountains. */
export function meadow(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const mood = random.pick([MOODS.noon, MOODS.noon, MOODS.noon, MOODS.dawn]);
  const { width } = canvas;
  const horizon = canvas.height * random.between(0.4, 0.5);
  paintSky(canvas, mood, {
    horizon: horizon * 1.04,
    sunX: width * 0.3,
    cover: random.between(0.35, 0.6),
    seed,
  });
  const height = mountainHeight(random, random.between(0.9, 1.3));
  const view: View = {
    height,
    color: mountainColor(height, {
      mood,
      light: [-0.6, 0.62, -0.35],
      treeLine: 0.3,
      snowLine: 0.38,
      grass: hex(random.pick(['#7fae3c', '#8fb44a', '#6ca838'])),
      hazePerUnit: 0.085,
    }),
    cameraX: random.between(0, 40),
    cameraZ: 0,
    cameraHeight: 0.32,
    horizon,
    focal: width * 0.85,
    near: 0.25,
    far: 9,
    stepRatio: 1.014,
  };
  drawTerrain(canvas, view);
  scatterFlowers(canvas, random, horizon);
  return finish(canvas, seed);
}

function scatterFlowers(canvas: Canvas, random: Random, horizon: number): void {
  const colors = random
    .pick([
      ['#e8443c', '#f6d04a', '#ffffff'],
      ['#b06ad8', '#e890d0', '#ffffff'],
      ['#f6c83c', '#f08a30', '#fff4d0'],
      ['#d83a5c', '#8a5ad0', '#f8e070'],
    ])
    .map(hex);
  const span = canvas.height - horizon;
  const flowers = Array.from({ length: 620 }, () => random.next() ** 0.6).sort((a, b) => a - b);
  for (const t of flowers) {
    const y = horizon + span * (0.32 + 0.72 * t);
    const x = random.between(-10, canvas.width + 10);
    const size = 0.7 + 5.5 * t ** 4 * random.between(0.7, 1.3);
    if (fbm(x / canvas.width, t) < 0.4) continue;
    const stem = mix(hex('#3c6a20'), hex('#88b040'), random.next());
    stroke(canvas, [x, y], [x + random.between(-2, 2), y + size * 3.5], { color: stem, width: size * 0.35 });
    disc(canvas, [x, y], size, {
      color: random.pick(colors),
      alpha: 0.95,
      softness: Math.max(1, size * 0.4),
    });
    if (size > 2.5) disc(canvas, [x, y], size * 0.35, { color: hex('#f0b030'), alpha: 0.8, softness: 1.5 });
  }
}

/** Desert dunes with sharp crests, one side in the light. */
export function dunes(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const mood = random.pick([MOODS.sunset, MOODS.sunset, MOODS.dawn, MOODS.noon]);
  const { width } = canvas;
  const horizon = canvas.height * random.between(0.3, 0.42);
  const sunX = width * random.between(0.15, 0.85);
  paintSky(canvas, mood, { horizon: horizon * 1.05, sunX, cover: random.between(0, 0.4), seed });
  const shift = random.next();
  const slant = random.between(0.2, 0.5) * (random.chance(0.5) ? 1 : -1);
  const crestsPerUnit = random.between(0.6, 0.95);
  const height = (x: number, z: number): number => {
    const bend = 0.42 * Math.sin(x * 0.75 + shift * 20) + 0.22 * Math.sin(x * 1.4 + z * 0.5 + shift * 50);
    const phase = (z * crestsPerUnit + x * slant + bend + 100) % 1;
    const windward = phase < 0.68 ? phase / 0.68 : (1 - phase) / 0.32;
    const rise = windward * windward * (3 - 2 * windward);
    const swell = 0.6 + 0.4 * Math.sin(x * 0.55 + shift * 30 + z * 0.35);
    return rise * 0.4 * swell + 0.006 * fbm(x * 0.4, z * 0.4);
  };
  const sand = hex(random.pick(['#e0a468', '#d89058', '#e8b888']));
  const slope: [number, number] = [0, 0];
  const light: Light = sunX < width / 2 ? [-0.75, 0.34, -0.4] : [0.75, 0.34, -0.4];
  drawTerrain(canvas, {
    height,
    color: (seen, color) => {
      const { x, z, distance } = seen;
      slopeAt(height, seen, Math.max(0.004, distance * 0.004), slope);
      const ripple =
        Math.sin((z * 46 + x * 12 + fbm(x * 0.6, z * 0.6) * 26) * 2) * 0.05 * Math.exp(-distance * 0.9);
      lightGround(color, sand, mood, facing(slope, light) * 1.25 + ripple);
      fadeIntoHaze(color, mood, distance * 0.07);
    },
    cameraX: random.between(0, 30),
    cameraZ: 0,
    cameraHeight: 0.85,
    horizon,
    focal: width * 0.8,
    near: 0.45,
    far: 16,
    stepRatio: 1.007,
  });
  return finish(canvas, seed);
}
