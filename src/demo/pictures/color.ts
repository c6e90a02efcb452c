/** Red, green, blue, gamma-encoded (sRGB), 0 to 1; values beyond are cut when the picture is encoded. */
export type Rgb = readonly [number, number, number];

/** A place to put a colour without allocating one per pixel. */
export type MutableRgb = [number, number, number];

/** `#rrggbb` as a colour. */
export function hex(code: string): Rgb {
  const value = Number.parseInt(code.slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

/** Linear blend: `t` 0 gives `a`, 1 gives `b`. */
export function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

/** Blends `color` into `target` in place. */
export function blend(target: MutableRgb, color: Rgb, t: number): void {
  target[0] += (color[0] - target[0]) * t;
  target[1] += (color[1] - target[1]) * t;
  target[2] += (color[2] - target[2]) * t;
}

/** Adds light to `target` in place. */
export function addLight(target: MutableRgb, color: Rgb, amount: number): void {
  target[0] += color[0] * amount;
  target[1] += color[1] * amount;
  target[2] += color[2] * amount;
}

/** The colour times a factor. */
export function scaled(color: Rgb, factor: number): Rgb {
  return [color[0] * factor, color[1] * factor, color[2] * factor];
}

/** Hue in turns, saturation and lightness 0 to 1 (CSS Color 4, section 7.1). */
export function hsl(hue: number, saturation: number, lightness: number): Rgb {
  const channel = (n: number): number => {
    const k = (((n + hue * 12) % 12) + 12) % 12;
    return (
      lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1))
    );
  };
  return [channel(0), channel(8), channel(4)];
}

/** The colour at `t` (0 to 1) of evenly spaced stops, written into `target`. */
export function gradient(stops: readonly Rgb[], t: number, target: MutableRgb): void {
  const at = Math.max(0, Math.min(1, t)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(at));
  const a = stops[i]!;
  const b = stops[i + 1]!;
  const part = at - i;
  target[0] = a[0] + (b[0] - a[0]) * part;
  target[1] = a[1] + (b[1] - a[1]) * part;
  target[2] = a[2] + (b[2] - a[2]) * part;
}

/** 0 below `low`, 1 above `high`, a smooth cubic between. */
export function smoothstep(low: number, high: number, x: number): number {
  const t = Math.max(0, Math.min(1, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
}
