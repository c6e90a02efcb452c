import { Canvas } from './canvas.ts';
import { Random } from './random.ts';

/** The rows or the columns of a picture: how many, how many pixels each, and the steps between values of a channel. */
interface Lines {
  readonly count: number;
  readonly length: number;
  /** From a pixel to the next of its line. */
  readonly step: number;
  /** From a line to the next. */
  readonly lineStep: number;
}

/** A box of this many pixels to either side, run along each line. */
function boxPass(source: Float32Array, target: Float32Array, lines: Lines, radius: number): void {
  const { count, length, step, lineStep } = lines;
  const scale = 1 / (2 * radius + 1);
  for (let line = 0; line < count; line++) {
    for (let channel = 0; channel < 3; channel++) {
      const start = line * lineStep + channel;
      const at = (i: number): number => source[start + Math.max(0, Math.min(length - 1, i)) * step]!;
      let sum = 0;
      for (let i = -radius; i <= radius; i++) sum += at(i);
      for (let i = 0; i < length; i++) {
        target[start + i * step] = sum * scale;
        sum += at(i + radius + 1) - at(i - radius);
      }
    }
  }
}

/** Two box passes each way: close to a Gaussian, at a cost that does not depend on the radius. */
export function blur(canvas: Canvas, radiusX: number, radiusY: number = radiusX): Canvas {
  const other = new Float32Array(canvas.data.length);
  const { data, width, height } = canvas;
  const rows = { count: height, length: width, step: 3, lineStep: width * 3 };
  const columns = { count: width, length: height, step: width * 3, lineStep: 3 };
  for (let pass = 0; pass < 2; pass++) {
    boxPass(data, other, rows, Math.round(radiusX));
    boxPass(other, data, columns, Math.round(radiusY));
  }
  return canvas;
}

/** Reduces by averaging: each new pixel is the mean of the pixels it covers, by whole pixels. */
export function shrink(canvas: Canvas, width: number, height: number): Canvas {
  const small = new Canvas(width, height);
  for (let y = 0; y < height; y++) {
    const top = Math.floor((y * canvas.height) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * canvas.height) / height));
    for (let x = 0; x < width; x++) {
      const left = Math.floor((x * canvas.width) / width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * canvas.width) / width));
      averageBlock(canvas, [left, top, right, bottom], small.data, (y * width + x) * 3);
    }
  }
  return small;
}

function averageBlock(
  canvas: Canvas,
  [left, top, right, bottom]: readonly [number, number, number, number],
  target: Float32Array,
  at: number,
): void {
  const share = 1 / ((right - left) * (bottom - top));
  for (let y = top; y < bottom; y++) {
    for (let i = (y * canvas.width + left) * 3; i < (y * canvas.width + right) * 3; i += 3) {
      target[at]! += canvas.data[i]! * share;
      target[at + 1]! += canvas.data[i + 1]! * share;
      target[at + 2]! += canvas.data[i + 2]! * share;
    }
  }
}

/** Darkens towards the corners, and lays a fine grain over the picture, as a lens and a sensor do. */
export function finish(canvas: Canvas, seed: number, vignette = 0.22, grain = 0.012): Canvas {
  const { width, height } = canvas;
  const random = new Random(seed ^ 0x5bd1e995);
  return canvas.shade((x, y, color) => {
    const dx = (x / width - 0.5) * 1.25;
    const dy = (y / height - 0.5) * 1.25;
    const light = 1 - vignette * Math.min(1, (dx * dx + dy * dy) * 1.6);
    const noise = (random.next() - 0.5) * 2 * grain;
    color[0] = color[0] * light + noise;
    color[1] = color[1] * light + noise;
    color[2] = color[2] * light + noise;
  });
}

/** Every value v becomes `curve(v)`. */
export function curve(canvas: Canvas, toneCurve: (value: number) => number): Canvas {
  const { data } = canvas;
  for (let i = 0; i < data.length; i++) data[i] = toneCurve(data[i]!);
  return canvas;
}

/** Moves colours towards their luma (Rec. 601): `amount` 1 keeps them, 0 gives grey. */
export function saturate(canvas: Canvas, amount: number): Canvas {
  return canvas.shade((_x, _y, color) => {
    const luma = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2];
    color[0] = luma + (color[0] - luma) * amount;
    color[1] = luma + (color[1] - luma) * amount;
    color[2] = luma + (color[2] - luma) * amount;
  });
}

/** Sensor noise of its own in every pixel and channel, uniform within plus or minus `amount`. */
export function addNoise(canvas: Canvas, amount: number, seed: number): Canvas {
  const random = new Random(seed);
  return curve(canvas, (value) => value + (random.next() - 0.5) * 2 * amount);
}
