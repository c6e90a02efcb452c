import type { Canvas } from './canvas.ts';
import { addLight, blend, gradient, type MutableRgb, type Rgb, scaled, smoothstep } from './color.ts';
import type { Mood } from './moods.ts';
import { fbm } from './noise.ts';
import { Random } from './random.ts';
import { disc, halo } from './shapes.ts';

/** Where the sky ends, where the sun stands, how much of it is clouded (0 to 1). */
export interface SkyLayout {
  readonly horizon: number;
  readonly sunX: number;
  readonly cover: number;
  readonly seed: number;
}

/** How far the fine noise moves the edge of a cloud. */
const DETAIL = 0.16;

/** Paints gradient, sun and a layer of clouds seen in perspective down to the horizon, and haze below it. */
export function paintSky(canvas: Canvas, { sky, sun, sunHeight, ...clouds }: Mood, layout: SkyLayout): void {
  canvas.fill(clouds.haze);
  const { horizon, sunX, cover } = layout;
  const { width } = canvas;
  const isSunUp = sunHeight !== undefined;
  const sunY = horizon * (1 - (sunHeight ?? 0));
  const random = new Random(layout.seed);
  const offsetX = random.next();
  const offsetY = random.next();
  const threshold = 0.78 - 0.5 * cover;
  const cloud: MutableRgb = [0, 0, 0];
  canvas.shade(
    (x, y, color) => {
      gradient(sky, y / horizon, color);
      const sunDistance = isSunUp ? Math.sqrt((x - sunX) ** 2 + ((y - sunY) * 1.25) ** 2) / width : 1;
      if (isSunUp) addLight(color, sun, 0.5 * Math.exp(-sunDistance * 7));
      if (cover === 0) return;
      const depth = 1 / (1.12 - y / horizon);
      const u = ((x / width - 0.5) * 0.22 * depth + offsetX) % 1;
      const v = depth * 0.14 + offsetY;
      const warp = fbm(u * 2, v * 2) - 0.5;
      const coarse = fbm(u + warp * 0.06, v + warp * 0.05);
      if (coarse < threshold - DETAIL / 2) return;
      const density = coarse + DETAIL * (fbm(u * 5, v * 5) - 0.5);
      const alpha = smoothstep(threshold, threshold + 0.24, density) * smoothstep(9, 5, depth);
      if (alpha <= 0) return;
      const shadow = smoothstep(0, 0.32, density - threshold - 0.06 + 0.5 * warp);
      const glare = isSunUp ? Math.exp(-sunDistance * 5) : 0.15;
      mixInto(cloud, clouds.cloudLit, clouds.cloudShade, shadow * (1 - glare * 0.6));
      addLight(cloud, sun, glare * 0.35 * (1 - shadow));
      blend(color, cloud, alpha * 0.94);
    },
    0,
    Math.ceil(horizon),
  );
  if (isSunUp) {
    halo(canvas, [sunX, sunY], width * 0.06, { color: sun, strength: 0.55 });
    disc(canvas, [sunX, sunY], width * 0.021, { color: scaled(sun, 1.3), softness: 3 });
  }
}

function mixInto(target: MutableRgb, a: Rgb, b: Rgb, t: number): void {
  target[0] = a[0];
  target[1] = a[1];
  target[2] = a[2];
  blend(target, b, t);
}
