/** One channel of a picture, row major. */
export interface Channel {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Keys' cubic (1981) with a = -1/2. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return 1.5 * x ** 3 - 2.5 * x ** 2 + 1;
  return x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0;
}

/** Bicubic resizing; when shrinking, the kernel is widened so that it covers every pixel, as image libraries do. */
export function resize(source: Channel, width: number, height: number): Channel {
  return transposed(resizeRows(transposed(resizeRows(source, width)), height));
}

function transposed({ width, height, values }: Channel): Channel {
  const result = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) result[x * height + y] = values[y * width + x]!;
  }
  return { width: height, height: width, values: result };
}

function resizeRows(source: Channel, width: number): Channel {
  const result = new Float32Array(width * source.height);
  const scale = source.width / width;
  const stretch = Math.max(1, scale);
  for (let x = 0; x < width; x++) {
    const middle = (x + 0.5) * scale;
    const from = Math.max(0, Math.floor(middle - 2 * stretch));
    const to = Math.min(source.width, Math.ceil(middle + 2 * stretch));
    const taps = Array.from({ length: to - from }, (_, i) => cubic((from + i + 0.5 - middle) / stretch));
    const sum = taps.reduce((a, b) => a + b, 0);
    for (let y = 0; y < source.height; y++) {
      let value = 0;
      for (let i = 0; i < taps.length; i++) value += taps[i]! * source.values[y * source.width + from + i]!;
      result[y * width + x] = value / sum;
    }
  }
  return { width, height: source.height, values: result };
}
