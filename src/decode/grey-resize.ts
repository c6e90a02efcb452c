import { instantiateKernel, type KernelMemory } from '../base/wasm.ts';
import { type LumaRow, lumaRows } from './luma.ts';
import type { RawImage } from './raw-image.ts';
import { resizeKernelBase64 } from './resize-kernel.generated.ts';
import { resizeTaps, type Taps } from './resize-taps.ts';

/** What is used of kernels/resize.ts; all addresses are byte offsets into its memory. */
interface GreyKernel extends KernelMemory {
  resampleRgbaRows(
    ...args: [
      source: number,
      sourceStride: number,
      rows: number,
      starts: number,
      weights: number,
      groups: number,
      columns: number,
      target: number,
      targetStride: number,
    ]
  ): void;
  resampleColumns(
    ...args: [
      source: number,
      sourceStride: number,
      rowBytes: number,
      starts: number,
      weights: number,
      groups: number,
      rows: number,
      target: number,
    ]
  ): void;
}

/** The kernel takes four rows at a time, of pixels of four channels: each channel holds a row of its own here. */
const CHANNELS = 4;
const QUADS = 4;
const STRIP_ROWS = CHANNELS * QUADS;
const PADDING = 16;

const kernel = instantiateKernel<GreyKernel>(resizeKernelBase64);

/** Where everything lies in the kernel's memory. */
interface Layout {
  readonly columns: PlacedTaps;
  readonly rows: PlacedTaps;
  /** Grey values of 16 rows: four lines of pixels, whose four channels are rows that follow each other. */
  readonly strip: number;
  readonly stripStride: number;
  /** The same after the horizontal pass. */
  readonly narrow: number;
  /** All rows after the horizontal pass, `sidePx` bytes each. */
  readonly middle: number;
  readonly target: number;
}

interface PlacedTaps extends Taps {
  readonly startsAt: number;
  readonly weightsAt: number;
}

/**
 * An image as grey of `sidePx` x `sidePx` pixels, bit for bit as Pillow's `convert('L').resize((side, side), LANCZOS)`.
 *
 * @param sidePx a multiple of 16
 * @returns `sidePx * sidePx` bytes, row major
 */
export function shrinkToGrey(image: RawImage, sidePx: number): Uint8Array {
  const memory = layOut(image, sidePx);
  const lumaRow = lumaRows(image);
  writeTaps(memory.columns, CHANNELS);
  writeTaps(memory.rows, sidePx);
  for (let row = 0; row < image.height; row += STRIP_ROWS) narrowStrip(image, lumaRow, row, memory);
  const { rows, middle, target } = memory;
  kernel.resampleColumns(middle, sidePx, sidePx, rows.startsAt, rows.weightsAt, rows.groups, sidePx, target);
  return new Uint8Array(kernel.memory.buffer, target, sidePx * sidePx).slice();
}

function layOut({ width, height }: RawImage, sidePx: number): Layout {
  let free = kernel.heapBase();
  const place = (byteLength: number): number => {
    const address = Math.ceil(free / PADDING) * PADDING;
    free = address + byteLength;
    return address;
  };
  const tapsOf = (inputSize: number): PlacedTaps => {
    const taps = resizeTaps({
      inputSize,
      outputSize: sidePx,
      from: 0,
      count: sidePx,
      interpolation: 'lanczos',
    });
    return { ...taps, startsAt: place(taps.starts.byteLength), weightsAt: place(taps.weights.byteLength) };
  };
  const columns = tapsOf(width);
  const rows = tapsOf(height);
  const stripStride = width * CHANNELS;
  const strip = place(QUADS * stripStride + columns.groups * 4 * CHANNELS + PADDING);
  const narrow = place(QUADS * CHANNELS * sidePx + PADDING);
  const middle = place((height + STRIP_ROWS + rows.groups * 4) * sidePx + PADDING);
  const target = place(sidePx * sidePx);
  kernel.reserve(free);
  return { columns, rows, strip, stripStride, narrow, middle, target };
}

function writeTaps(taps: PlacedTaps, stride: number): void {
  const starts = new Int32Array(kernel.memory.buffer, taps.startsAt, taps.starts.length);
  for (let i = 0; i < starts.length; i++) starts[i] = taps.starts[i]! * stride;
  new Int16Array(kernel.memory.buffer, taps.weightsAt, taps.weights.length).set(taps.weights);
}

/** The horizontal pass over up to 16 rows. */
function narrowStrip({ height }: RawImage, lumaRow: LumaRow, row: number, memory: Layout): void {
  const { columns, strip, stripStride, narrow, middle, rows } = memory;
  const sidePx = rows.starts.length;
  const bytes = new Uint8Array(kernel.memory.buffer);
  const count = Math.min(STRIP_ROWS, height - row);
  for (let i = 0; i < count; i++) {
    lumaRow(row + i, bytes, strip + (i >> 2) * stripStride + (i & 3), CHANNELS);
  }
  const narrowStride = sidePx * CHANNELS;
  kernel.resampleRgbaRows(
    strip,
    stripStride,
    QUADS,
    columns.startsAt,
    columns.weightsAt,
    columns.groups,
    sidePx,
    narrow,
    narrowStride,
  );
  for (let i = 0; i < count; i++) {
    const from = narrow + (i >> 2) * narrowStride + (i & 3);
    const to = middle + (row + i) * sidePx;
    for (let x = 0; x < sidePx; x++) bytes[to + x] = bytes[from + x * CHANNELS]!;
  }
}
