import {
  BLOCK_QUARTER,
  BLOCK_SIZE,
  BORDER_SHARE,
  EPSILON,
  IMAGE_SIZE,
  KERNELS,
  LUMA,
  MASK_SIGMA,
  MEASURES,
  NOISE_FACTOR,
  RAMPS,
  type Ramp,
  SMALL_SLOPE,
  STROKE_SIZE,
  TONE_BINS,
  TONE_BLOCK_SIZE,
  TONE_BLOCK_TAIL,
} from './measures.ts';
import type { Plane } from './plane.ts';
import * as plane from './plane.ts';
import { lineMeasures } from './reference-lines.ts';

/** The measures of an RGB picture of 224 x 224 x 3 bytes, by name, in float64 and without ONNX. */
export function referenceMeasures(pixels: Uint8Array): Record<string, number> {
  const channels = plane.channels(pixels, IMAGE_SIZE);
  const luma = plane.combine(channels, (r, g, b) => LUMA[0] * r + LUMA[1] * g + LUMA[2] * b);
  const quarter = plane.shrink(luma, 4);
  return {
    ...colourMeasures(channels),
    ...detailMeasures(luma),
    ...noiseMeasures(luma, channels),
    ...toneMeasures(luma, quarter),
    ...compositionMeasures(quarter),
    paper: plane.mean(ramp(plane.combine(channels, Math.min), RAMPS.paper)),
    ...strokeMeasures(plane.shrink(luma, 2)),
    ...lineMeasures(
      luma,
      plane.combine(channels, (r, g) => r - g),
    ),
  };
}

/** The embedding that the graph gives, before it is divided by its norm. */
export function referenceFeatures(pixels: Uint8Array): number[] {
  const values = referenceMeasures(pixels);
  const angles = MEASURES.map(
    ({ name, centre, spread }) => (Math.PI / 2) * Math.tanh((values[name]! - centre) / spread),
  );
  return [...angles.map(Math.sin), ...angles.map(Math.cos)];
}

function ramp(values: Plane, { from, to }: Ramp): Plane {
  return plane.map(values, (value) => Math.min(1, Math.max(0, (value - from) / (to - from))));
}

function colourMeasures(channels: readonly [Plane, Plane, Plane]): Record<string, number> {
  const [red, , blue] = channels;
  const chroma = plane.combine(channels, (r, g, b) => Math.max(r, g, b) - Math.min(r, g, b));
  const rg = plane.combine(channels, (r, g) => r - g);
  const yb = plane.combine(channels, (r, g, b) => (r + g) / 2 - b);
  return {
    saturation: plane.mean(chroma),
    saturation_spread: Math.sqrt(plane.variance(chroma) + EPSILON),
    colourfulness:
      Math.sqrt(plane.variance(rg) + plane.variance(yb) + EPSILON) +
      0.3 * Math.sqrt(plane.mean(rg) ** 2 + plane.mean(yb) ** 2 + EPSILON),
    warmth: plane.mean(red) - plane.mean(blue),
  };
}

function sharpness(luma: Plane): number {
  return Math.log(plane.variance(plane.convolve(luma, KERNELS.laplacian)) + EPSILON);
}

function slopes(luma: Plane): { x: Plane; y: Plane; all: Plane } {
  const x = plane.convolve(luma, KERNELS.sobelX);
  const y = plane.convolve(luma, KERNELS.sobelY);
  const values = x.values.map((dx, i) => Math.sqrt(dx * dx + y.values[i]! ** 2 + EPSILON));
  return { x, y, all: { size: x.size, values } };
}

function meanOfSorted(values: Float64Array, from: number, to: number): number {
  return plane.mean({ size: 0, values: values.toSorted().subarray(from, to) });
}

function detailMeasures(luma: Plane): Record<string, number> {
  const scales = [luma, plane.shrink(luma, 2), plane.shrink(luma, 4)].map(sharpness) as [
    number,
    number,
    number,
  ];
  const laplacian = plane.map(plane.convolve(luma, KERNELS.laplacian), Math.abs);
  const blocks = plane.shrink(laplacian, BLOCK_SIZE).values;
  const { x, y, all } = slopes(luma);
  const horizontal = plane.mean(plane.map(x, Math.abs)) + SMALL_SLOPE;
  const vertical = plane.mean(plane.map(y, Math.abs)) + SMALL_SLOPE;
  return {
    sharpness: scales[0],
    sharpness_half: scales[1],
    sharpness_quarter: scales[2],
    fine_detail: scales[0] - scales[1],
    coarse_detail: scales[1] - scales[2],
    subject_sharpness: Math.log(
      meanOfSorted(blocks, blocks.length - BLOCK_QUARTER, blocks.length) + SMALL_SLOPE,
    ),
    edges: plane.mean(all),
    edges_quarter: plane.mean(slopes(plane.shrink(luma, 4)).all),
    edge_direction: horizontal / (horizontal + vertical),
    flat_share: plane.mean(ramp(plane.shrink(all, BLOCK_SIZE), RAMPS.flat)),
  };
}

function noiseMeasures(luma: Plane, channels: readonly [Plane, Plane, Plane]): Record<string, number> {
  const answer = (source: Plane): Plane => plane.map(plane.convolve(source, KERNELS.noise), Math.abs);
  const inLuma = answer(luma);
  const inColour = answer(plane.combine(channels, (r, g) => r - g));
  const quietest = (source: Plane): number =>
    Math.log(
      NOISE_FACTOR * meanOfSorted(plane.shrink(source, BLOCK_SIZE).values, 0, BLOCK_QUARTER) + SMALL_SLOPE,
    );
  return {
    noise: Math.log(NOISE_FACTOR * plane.mean(inLuma) + SMALL_SLOPE),
    flat_noise: quietest(inLuma),
    colour_noise: quietest(inColour),
  };
}

function toneMeasures(luma: Plane, quarter: Plane): Record<string, number> {
  const blocks = plane.shrink(quarter, TONE_BLOCK_SIZE).values;
  return {
    luminance: plane.mean(luma),
    contrast: Math.sqrt(plane.variance(luma) + EPSILON),
    blown: plane.mean(ramp(luma, RAMPS.blown)),
    crushed: plane.mean(ramp(luma, RAMPS.crushed)),
    tone_entropy: toneEntropy(quarter),
    tone_range:
      meanOfSorted(blocks, blocks.length - TONE_BLOCK_TAIL, blocks.length) -
      meanOfSorted(blocks, 0, TONE_BLOCK_TAIL),
  };
}

function toneEntropy(quarter: Plane): number {
  const shares = new Float64Array(TONE_BINS);
  for (const value of quarter.values) {
    const position = value * (TONE_BINS - 1);
    const lower = Math.min(TONE_BINS - 2, Math.floor(position));
    shares[lower]! += (1 - (position - lower)) / quarter.values.length;
    shares[lower + 1]! += (position - lower) / quarter.values.length;
  }
  return -shares.reduce((sum, share) => sum + share * Math.log(share + EPSILON), 0) / Math.log(TONE_BINS);
}

/** Weight of each pixel of the slopes at 1/4: x and y run from 0 to 1 over the picture. */
export function compositionMasks(size: number): { thirds: Plane; centre: Plane; border: Plane } {
  const mask = (weight: (x: number, y: number) => number): Plane => ({
    size,
    values: Float64Array.from({ length: size * size }, (_, i) =>
      weight(((i % size) + 0.5) / size, (Math.floor(i / size) + 0.5) / size),
    ),
  });
  const bell = (distance: number, sigma: number): number => Math.exp(-(distance ** 2) / (2 * sigma ** 2));
  const nearest = (at: number): number => Math.min(Math.abs(at - 1 / 3), Math.abs(at - 2 / 3));
  const edge = (at: number): boolean => Math.min(at, 1 - at) < BORDER_SHARE;
  return {
    thirds: mask((x, y) => bell(nearest(x), MASK_SIGMA.thirds) * bell(nearest(y), MASK_SIGMA.thirds)),
    centre: mask((x, y) => bell(x - 0.5, MASK_SIGMA.centre) * bell(y - 0.5, MASK_SIGMA.centre)),
    border: mask((x, y) => (edge(x) || edge(y) ? 1 : 0)),
  };
}

function compositionMeasures(quarter: Plane): Record<string, number> {
  const energy = slopes(quarter).all;
  const masks = compositionMasks(energy.size);
  const share = (mask: Plane): number =>
    plane.mean(plane.map(energy, (slope, i) => slope * mask.values[i]!)) / plane.mean(energy);
  return { thirds: share(masks.thirds), centre: share(masks.centre), border: share(masks.border) };
}

function strokeMeasures(half: Plane): Record<string, number> {
  const opened = plane.extreme(plane.extreme(half, STROKE_SIZE, Math.min), STROKE_SIZE, Math.max);
  const closed = plane.extreme(plane.extreme(half, STROKE_SIZE, Math.max), STROKE_SIZE, Math.min);
  const light = plane.mean(half) - plane.mean(opened);
  const dark = plane.mean(closed) - plane.mean(half);
  return {
    light_strokes: Math.log(light + SMALL_SLOPE),
    dark_strokes: Math.log(dark + SMALL_SLOPE),
    stroke_balance: (light - dark) / (light + dark + 10 * SMALL_SLOPE),
  };
}
