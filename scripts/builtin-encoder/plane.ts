/** A square picture of one value per pixel, row major, in float64. */
export interface Plane {
  readonly size: number;
  readonly values: Float64Array;
}

/** The three planes of interleaved RGB bytes, scaled to 0..1. */
export function channels(pixels: Uint8Array, size: number): [Plane, Plane, Plane] {
  const one = (offset: number): Plane => {
    const values = new Float64Array(size * size);
    for (let i = 0; i < values.length; i++) values[i] = pixels[3 * i + offset]! / 255;
    return { size, values };
  };
  return [one(0), one(1), one(2)];
}

export function combine(
  [a, b, c]: readonly [Plane, Plane, Plane],
  of: (a: number, b: number, c: number) => number,
): Plane {
  const values = new Float64Array(a.values.length);
  for (let i = 0; i < values.length; i++) values[i] = of(a.values[i]!, b.values[i]!, c.values[i]!);
  return { size: a.size, values };
}

export function map(source: Plane, of: (value: number, index: number) => number): Plane {
  // Not the array's own map: that is several times slower.
  const values = new Float64Array(source.values.length);
  for (let i = 0; i < values.length; i++) values[i] = of(source.values[i]!, i);
  return { size: source.size, values };
}

export function transpose({ size, values }: Plane): Plane {
  return { size, values: values.map((_, i) => values[(i % size) * size + Math.floor(i / size)]!) };
}

export function mean({ values }: Plane): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** The population variance. */
export function variance(source: Plane): number {
  const middle = mean(source);
  let sum = 0;
  for (let i = 0; i < source.values.length; i++) sum += (source.values[i]! - middle) ** 2;
  return sum / source.values.length;
}

/** Correlation with a 3 x 3 kernel where it fits entirely: two pixels fewer each way. */
export function convolve({ size, values }: Plane, kernel: readonly number[]): Plane {
  const inner = size - 2;
  const result = new Float64Array(inner * inner);
  for (const [tap, weight] of kernel.entries()) {
    if (weight === 0) continue;
    const offset = Math.floor(tap / 3) * size + (tap % 3);
    for (let y = 0; y < inner; y++) {
      for (let x = 0; x < inner; x++) result[y * inner + x]! += weight * values[y * size + x + offset]!;
    }
  }
  return { size: inner, values: result };
}

/** Means of `factor` x `factor` blocks; what is left over at the right and below is dropped. */
export function shrink({ size, values }: Plane, factor: number): Plane {
  const small = Math.floor(size / factor);
  const result = new Float64Array(small * small);
  for (let by = 0; by < small; by++) {
    for (let bx = 0; bx < small; bx++) {
      let sum = 0;
      for (let y = by * factor; y < (by + 1) * factor; y++) {
        for (let x = bx * factor; x < (bx + 1) * factor; x++) sum += values[y * size + x]!;
      }
      result[by * small + bx] = sum / factor ** 2;
    }
  }
  return { size: small, values: result };
}

/** The largest or smallest value of each `window` x `window` neighbourhood, cut off at the border. */
export function extreme(source: Plane, window: number, of: (a: number, b: number) => number): Plane {
  const reach = Math.floor(window / 2);
  const along = ({ size, values }: Plane, stride: number): Plane => {
    const result = new Float64Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const position = stride === 1 ? i % size : Math.floor(i / size);
      const last = Math.min(size - 1 - position, reach);
      let best = values[i]!;
      for (let step = -Math.min(position, reach); step <= last; step++) {
        best = of(best, values[i + step * stride]!);
      }
      result[i] = best;
    }
    return { size, values: result };
  };
  return along(along(source, 1), source.size);
}
