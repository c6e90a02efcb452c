/** torch's bicubic filter (aten/src/ATen/native/UpSample.h, cubic_convolution1 and 2). */
const CUBIC_A = -0.75;

/**
 * A square grid of vectors at another size: `torch.nn.functional.interpolate(mode='bicubic', align_corners=False)`, without
 * antialiasing, as transformers makes position embeddings fit (`interpolate_pos_encoding` of CLIP, SigLIP and DINOv2). Places beyond
 * an edge are those on it.
 *
 * @param grid `from * from` vectors of `width` values, row by row
 * @returns `to * to` vectors
 */
export function interpolateGrid(
  grid: Float32Array,
  { from, to, width }: { readonly from: number; readonly to: number; readonly width: number },
): Float32Array {
  const taps = Array.from({ length: to }, (_, place) => tapsAt(place, from, to));
  const result = new Float32Array(to * to * width);
  for (let y = 0; y < to; y++)
    for (let x = 0; x < to; x++) {
      const target = result.subarray((y * to + x) * width, (y * to + x + 1) * width);
      for (const [row, rowWeight] of taps[y]!)
        for (const [column, columnWeight] of taps[x]!)
          addScaled(target, grid.subarray((row * from + column) * width), rowWeight * columnWeight);
    }
  return result;
}

/** The four places that a new one is made of, and their weights. */
function tapsAt(place: number, from: number, to: number): [place: number, weight: number][] {
  const centre = ((place + 0.5) * from) / to - 0.5;
  const first = Math.floor(centre);
  const t = centre - first;
  return [t + 1, t, 1 - t, 2 - t].map((distance, i) => [
    Math.min(Math.max(first - 1 + i, 0), from - 1),
    cubic(distance),
  ]);
}

function cubic(distance: number): number {
  const x = distance;
  if (x <= 1) return ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1;
  return ((CUBIC_A * x - 5 * CUBIC_A) * x + 8 * CUBIC_A) * x - 4 * CUBIC_A;
}

function addScaled(target: Float32Array, source: Float32Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * source[i]!;
}
