import type { Canvas } from './canvas.ts';
import type { Rgb } from './color.ts';

/** What a filled shape is laid on with; `softness` is the width in pixels over which its edge fades, 1 when absent. */
export interface Paint {
  readonly color: Rgb;
  readonly alpha?: number;
  readonly softness?: number;
}

/** A lamp: its colour, and how much of that is added where it is brightest. */
export interface Lamp {
  readonly color: Rgb;
  readonly strength: number;
}

/** What a line is drawn with; widths in pixels, `endWidth` lets it taper. */
export interface Pen {
  readonly color: Rgb;
  readonly width: number;
  readonly endWidth?: number;
  readonly alpha?: number;
}

/** A filled circle. */
export function disc(canvas: Canvas, at: readonly [number, number], radius: number, paint: Paint): void {
  const { color, alpha = 1, softness = 1 } = paint;
  const reach = radius + softness;
  const [cx, cy] = at;
  for (let y = Math.floor(cy - reach); y <= cy + reach; y++) {
    for (let x = Math.floor(cx - reach); x <= cx + reach; x++) {
      const coverage = (radius + softness / 2 - Math.sqrt((x - cx) ** 2 + (y - cy) ** 2)) / softness;
      if (coverage > 0) canvas.plot(x, y, color, alpha * Math.min(1, coverage));
    }
  }
}

/** Light around a point that falls off as a Gaussian of this radius. */
export function halo(canvas: Canvas, at: readonly [number, number], radius: number, lamp: Lamp): void {
  const { color, strength } = lamp;
  const reach = radius * 2.5;
  const [cx, cy] = at;
  for (let y = Math.floor(cy - reach); y <= cy + reach; y++) {
    for (let x = Math.floor(cx - reach); x <= cx + reach; x++) {
      const distance = ((x - cx) ** 2 + (y - cy) ** 2) / (radius * radius);
      if (distance < 6.25) canvas.glow(x, y, color, strength * Math.exp(-distance));
    }
  }
}

/** A straight stroke with round ends. */
export function stroke(
  canvas: Canvas,
  from: readonly [number, number],
  to: readonly [number, number],
  pen: Pen,
): void {
  const { color, width: fromWidth, endWidth: toWidth = fromWidth, alpha = 1 } = pen;
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const lengthSquared = dx * dx + dy * dy || 1;
  const reach = Math.max(fromWidth, toWidth) / 2 + 1;
  const bottom = Math.min(canvas.height - 1, Math.max(from[1], to[1]) + reach);
  const right = Math.min(canvas.width - 1, Math.max(from[0], to[0]) + reach);
  const left = Math.max(0, Math.floor(Math.min(from[0], to[0]) - reach));
  for (let y = Math.max(0, Math.floor(Math.min(from[1], to[1]) - reach)); y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const t = Math.max(0, Math.min(1, ((x - from[0]) * dx + (y - from[1]) * dy) / lengthSquared));
      const distance = Math.sqrt((x - from[0] - t * dx) ** 2 + (y - from[1] - t * dy) ** 2);
      const coverage = (fromWidth + (toWidth - fromWidth) * t) / 2 + 0.5 - distance;
      if (coverage > 0) canvas.plot(x, y, color, alpha * Math.min(1, coverage));
    }
  }
}

/** A filled upright rectangle with anti-aliased edges, given by its top left corner and its size in pixels. */
export function rectangle(
  canvas: Canvas,
  [left, top, width, height]: readonly [number, number, number, number],
  color: Rgb,
  alpha = 1,
): void {
  const right = left + width;
  const bottom = top + height;
  for (let y = Math.floor(top); y < bottom; y++) {
    const vertical = Math.min(y + 1, bottom) - Math.max(y, top);
    for (let x = Math.floor(left); x < right; x++) {
      canvas.plot(x, y, color, alpha * vertical * (Math.min(x + 1, right) - Math.max(x, left)));
    }
  }
}

/** A conifer seen against the light, its foot at `foot`: a trunk of ragged tiers. */
export function conifer(canvas: Canvas, foot: readonly [number, number], height: number, color: Rgb): void {
  const tiers = Math.max(5, Math.round(height / 7));
  const [cx, bottom] = foot;
  const top = bottom - height;
  for (let y = Math.floor(top); y <= bottom; y++) {
    const t = (y - top) / height;
    const tier = (t * tiers) % 1;
    const wobble = 1 + 0.22 * Math.sin(y * 1.7 + cx) * Math.sin(y * 0.53 + cx * 3);
    const half = Math.max(0.5, height * 0.2 * t ** 0.85 * (0.45 + 0.55 * tier) * wobble);
    for (let x = Math.floor(cx - half - 1); x <= cx + half + 1; x++) {
      canvas.plot(x, y, color, Math.max(0, Math.min(1, half + 0.5 - Math.abs(x - cx))));
    }
  }
}
