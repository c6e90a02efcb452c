import type { MutableRgb, Rgb } from './color.ts';

/** Gives the colour of the pixel at column `x`, row `y`; `color` holds what is there now. */
export type Shader = (x: number, y: number, color: MutableRgb) => void;

/** A picture in the making: float RGB, row major, gamma-encoded, 0 to 1. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  /** 3 * width * height values. */
  readonly data: Float32Array;

  constructor(width: number, height: number, data?: Float32Array) {
    this.width = width;
    this.height = height;
    this.data = data ?? new Float32Array(width * height * 3);
  }

  copy(): Canvas {
    return new Canvas(this.width, this.height, this.data.slice());
  }

  fill(color: Rgb): this {
    return this.shade((_x, _y, target) => {
      target[0] = color[0];
      target[1] = color[1];
      target[2] = color[2];
    });
  }

  /** Runs the shader over rows `fromRow` up to `toRow` (all rows when absent). */
  shade(shader: Shader, fromRow = 0, toRow: number = this.height): this {
    const { width, data } = this;
    // Not [0, 0, 0]: V8 would keep small integers first and convert on the first fraction.
    const color: MutableRgb = [0.5, 0.5, 0.5];
    const first = Math.max(0, fromRow);
    for (let y = first, i = first * width * 3; y < Math.min(this.height, toRow); y++) {
      for (let x = 0; x < width; x++, i += 3) {
        color[0] = data[i]!;
        color[1] = data[i + 1]!;
        color[2] = data[i + 2]!;
        shader(x, y, color);
        data[i] = color[0];
        data[i + 1] = color[1];
        data[i + 2] = color[2];
      }
    }
    return this;
  }

  /** Blends one colour into one pixel; outside the canvas nothing happens. */
  plot(x: number, y: number, color: Rgb, alpha: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const i = (y * this.width + x) * 3;
    const { data } = this;
    data[i]! += (color[0] - data[i]!) * alpha;
    data[i + 1]! += (color[1] - data[i + 1]!) * alpha;
    data[i + 2]! += (color[2] - data[i + 2]!) * alpha;
  }

  /** Adds light to one pixel; outside the canvas nothing happens. */
  glow(x: number, y: number, color: Rgb, amount: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const i = (y * this.width + x) * 3;
    const { data } = this;
    data[i]! += color[0] * amount;
    data[i + 1]! += color[1] * amount;
    data[i + 2]! += color[2] * amount;
  }

  /** Copies the pixel nearest to (x, y), the edge's where it is outside, into `target`. */
  read(x: number, y: number, target: MutableRgb): void {
    const column = Math.max(0, Math.min(this.width - 1, Math.round(x)));
    const row = Math.max(0, Math.min(this.height - 1, Math.round(y)));
    const i = (row * this.width + column) * 3;
    target[0] = this.data[i]!;
    target[1] = this.data[i + 1]!;
    target[2] = this.data[i + 2]!;
  }

  /** 8-bit RGB, row major. */
  toBytes(): Uint8Array {
    const bytes = new Uint8ClampedArray(this.data.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.data[i]! * 255;
    return new Uint8Array(bytes.buffer);
  }
}
