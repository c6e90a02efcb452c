import type { Canvas } from './canvas.ts';
import { addLight, blend, gradient, hex, type MutableRgb, mix, type Rgb, smoothstep } from './color.ts';
import { fbm } from './noise.ts';
import { Random } from './random.ts';
import { disc, halo } from './shapes.ts';

/** The light of an hour of the day. */
export interface Mood {
  /** From the zenith to the horizon. */
  readonly sky: readonly Rgb[];
  readonly cloudLit: Rgb;
  readonly cloudShade: Rgb;
  readonly sun: Rgb;
  /** Height of the sun above the horizon as a fraction of the sky; below 0 it is not drawn. */
  readonly sunHeight: number;
  /** What falls on the land from the sun and from the sky. */
  readonly direct: Rgb;
  readonly ambient: Rgb;
  readonly haze: Rgb;
}

function mood(
  sky: readonly string[],
  clouds: readonly [string, string],
  sun: string,
  sunHeight: number,
  land: readonly [string, string, string],
): Mood {
  return {
    sky: sky.map(hex),
    cloudLit: hex(clouds[0]),
    cloudShade: hex(clouds[1]),
    sun: hex(sun),
    sunHeight,
    direct: hex(land[0]),
    ambient: hex(land[1]),
    haze: hex(land[2]),
  };
}

/** The hours that outdoor scenes choose from. */
export const MOODS = {
  sunset: mood(
    ['#1f2f66', '#5b4a8c', '#c7617a', '#f99a5b', '#ffd98a'],
    ['#ffb98a', '#6a4a78'],
    '#fff0c0',
    0.16,
    ['#ffb478', '#5a4a78', '#e89a78'],
  ),
  dawn: mood(
    ['#3f5f9f', '#7d8fc4', '#d9a9c0', '#ffcbb0', '#ffe6c4'],
    ['#ffe0d0', '#a08ab8'],
    '#fff6e0',
    0.22,
    ['#ffd2b0', '#62709c', '#e8c4c0'],
  ),
  noon: mood(['#1d5fb4', '#3f86d2', '#7db8ea', '#c4e2f6'], ['#ffffff', '#a8b8cc'], '#ffffff', -1, [
    '#fff2d8',
    '#6a82a8',
    '#b4d0e8',
  ]),
  dusk: mood(['#0c1438', '#1d2d68', '#4a4a90', '#a8648e', '#f0a07c'], ['#d0849a', '#2e2e62'], '#ffd8b0', -1, [
    '#8a78a8',
    '#343c70',
    '#7c6494',
  ]),
  storm: mood(['#2b3a4c', '#4a5c70', '#7c8a96', '#d8c8a0'], ['#b8c0c4', '#3c4858'], '#fff4d0', 0.3, [
    '#f0d8a0',
    '#48586c',
    '#98a4a8',
  ]),
} as const satisfies Record<string, Mood>;

/** Where the sky ends, where the sun stands, how much of it is clouded (0 to 1). */
export interface SkyLayout {
  readonly horizon: number;
  readonly sunX: number;
  readonly cover: number;
  readonly seed: number;
}

/** Paints gradient, sun and a layer of clouds seen in perspective down to the horizon, and haze below it. */
export function paintSky(canvas: Canvas, { sky, sun, sunHeight, ...clouds }: Mood, layout: SkyLayout): void {
  canvas.fill(clouds.haze);
  const { horizon, sunX, cover } = layout;
  const { width } = canvas;
  const sunY = horizon * (1 - sunHeight);
  const isSunUp = sunHeight >= 0;
  const random = new Random(layout.seed);
  const offsetX = random.next();
  const offsetY = random.next();
  const threshold = 0.78 - 0.5 * cover;
  const cloud: MutableRgb = [0, 0, 0];
  canvas.shade(
    (x, y, color) => {
      gradient(sky, y / horizon, color);
      const sunDistance = Math.hypot(x - sunX, (y - sunY) * 1.25) / width;
      if (isSunUp) addLight(color, sun, 0.5 * Math.exp(-sunDistance * 7));
      if (cover === 0) return;
      const depth = 1 / (1.12 - y / horizon);
      const u = ((x / width - 0.5) * 0.22 * depth + offsetX) % 1;
      const v = depth * 0.14 + offsetY;
      const warp = fbm(u * 2, v * 2) - 0.5;
      const density = fbm(u + warp * 0.06, v + warp * 0.05) + 0.16 * (fbm(u * 5, v * 5) - 0.5);
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
    halo(canvas, [sunX, sunY], width * 0.06, sun, 0.55);
    disc(canvas, [sunX, sunY], width * 0.021, mix(sun, [1, 1, 1], 0.5), 0.95, 3);
  }
}

function mixInto(target: MutableRgb, a: Rgb, b: Rgb, t: number): void {
  target[0] = a[0];
  target[1] = a[1];
  target[2] = a[2];
  blend(target, b, t);
}
