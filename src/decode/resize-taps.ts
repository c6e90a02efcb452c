import type { Interpolation } from './transform.ts';

/** Pillow's filters that are known here: those of the crops, and LANCZOS. */
export type FilterName = Interpolation | 'lanczos';

/** Which input samples make up each output sample of a pass, and how much each of them weighs. */
export interface Taps {
  /** The first input sample of each output sample. */
  readonly starts: Int32Array;
  /** `groups` groups of four taps per output sample, in the kernel's layout (kernels/resize.ts). */
  readonly weights: Int16Array;
  readonly groups: number;
  /** The input samples that any output sample needs: from `first` up to `end`. */
  readonly first: number;
  readonly end: number;
}

/** 32 bits, less 8 of the pixel and 2 for the overshoot of negative lobes: Pillow's PRECISION_BITS. */
const PRECISION = 2 ** (32 - 8 - 2);
const LOW_BITS = 12;
const TAPS_PER_GROUP = 4;
const VALUES_PER_GROUP = 8;

/** A pass: `count` output samples from `from` on, where `inputSize` samples become `outputSize`, by a filter. */
export interface Pass {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly from: number;
  readonly count: number;
  readonly interpolation: FilterName;
}

/** A filter of Pillow's (libImaging/Resample.c): how far it reaches, and its value at a distance. */
interface Filter {
  readonly support: number;
  readonly valueAt: (distance: number) => number;
}

const FILTERS: Readonly<Record<FilterName, Filter>> = {
  bicubic: { support: 2, valueAt: bicubic },
  bilinear: { support: 1, valueAt: triangle },
  lanczos: { support: 3, valueAt: lanczos },
};

/**
 * The weights of Pillow's filters for the output samples of a pass: a filter is stretched when shrinking, cut at the borders,
 * normalised in doubles and rounded to 22 bits.
 */
export function resizeTaps(pass: Pass): Taps {
  const { count } = pass;
  const { starts, counts, weights: doubles, stride, end } = resizeWeights(pass);
  const groups = stride / TAPS_PER_GROUP;
  const weights = new Int16Array(count * groups * VALUES_PER_GROUP);
  for (let i = 0; i < count; i++)
    packTaps({ all: doubles, from: i * stride, count: counts[i]! }, weights, i * groups * VALUES_PER_GROUP);
  return { starts, weights, groups, first: starts[0]!, end };
}

/** The same weights in doubles, `stride` of them for each output sample, of which `counts` are used. */
export interface Weights {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Float64Array;
  readonly stride: number;
  /** One past the last input sample that any output sample needs. */
  readonly end: number;
}

/** Pillow's weights before they are rounded, as it uses them for more than 8 bits. */
export function resizeWeights({ inputSize, outputSize, from, count, interpolation }: Pass): Weights {
  const filter = FILTERS[interpolation];
  const scale = inputSize / outputSize;
  const filterScale = Math.max(scale, 1);
  const support = filter.support * filterScale;
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  let most = 0;
  for (let i = 0; i < count; i++) {
    const center = (from + i + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    starts[i] = start;
    counts[i] = Math.min(Math.trunc(center + support + 0.5), inputSize) - start;
    most = Math.max(most, counts[i]!);
  }
  const stride = Math.ceil(most / TAPS_PER_GROUP) * TAPS_PER_GROUP;
  const weights = new Float64Array(count * stride);
  for (let i = 0; i < count; i++) {
    const taps = { all: weights, from: i * stride, count: counts[i]! };
    fillTaps(taps, filter, { start: starts[i]!, center: (from + i + 0.5) * scale, step: 1 / filterScale });
  }
  const end = starts[count - 1]! + counts[count - 1]!;
  return { starts, counts, weights, stride, end };
}

/** The taps of one output sample in the array of all: views of it, hundreds for a picture, would cost more than the weights. */
interface TapRange {
  readonly all: Float64Array;
  readonly from: number;
  readonly count: number;
}

/** Where an output sample lies: its first input sample, its centre, and how far apart samples are to the filter. */
interface Place {
  readonly start: number;
  readonly center: number;
  readonly step: number;
}

function fillTaps({ all, from, count }: TapRange, { valueAt }: Filter, { start, center, step }: Place): void {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const weight = valueAt((start + i - center + 0.5) * step);
    all[from + i] = weight;
    sum += weight;
  }
  if (sum === 0) return;
  for (let i = 0; i < count; i++) all[from + i]! /= sum;
}

function triangle(distance: number): number {
  return Math.max(1 - Math.abs(distance), 0);
}

/** Keys's cubic, a = -0.5. */
function bicubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
  return 0;
}

/** A sinc under the window of a wider one, three lobes to a side. */
function lanczos(distance: number): number {
  if (distance < -3 || distance >= 3) return 0;
  return sinc(distance) * sinc(distance / 3);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

/** Splits each weight into high * 2^12 + low, where the kernel expects the halves of a group's four taps. */
function packTaps({ all, from, count }: TapRange, weights: Int16Array, offset: number): void {
  for (let i = 0; i < count; i++) {
    const scaled = all[from + i]! * PRECISION;
    // Towards 0, as C does; weights are around 1 at most.
    const weight = (scaled < 0 ? scaled - 0.5 : scaled + 0.5) | 0;
    const at = offset + (i >> 2) * VALUES_PER_GROUP + (i & 3);
    weights[at] = weight & ((1 << LOW_BITS) - 1);
    weights[at + TAPS_PER_GROUP] = weight >> LOW_BITS;
  }
}
