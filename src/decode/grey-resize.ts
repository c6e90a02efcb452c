import { type LumaRow, lumaRows } from './luma.ts';
import type { RawImage } from './raw-image.ts';
import { ALIGNMENT_BYTES, KernelLayout, kernel, type PlacedTaps, writeTaps } from './resize-kernel.ts';
import { resizeTaps } from './resize-taps.ts';

/** The kernel takes four rows at a time, of pixels of four channels: each channel holds a row of its own here. */
const CHANNELS = 4;
const QUADS = 4;
const STRIP_ROWS = CHANNELS * QUADS;

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
  const layout = new KernelLayout();
  const tapsOf = (inputSize: number): PlacedTaps =>
    layout.placeTaps(
      resizeTaps({ inputSize, outputSize: sidePx, from: 0, count: sidePx, interpolation: 'lanczos' }),
    );
  const columns = tapsOf(width);
  const rows = tapsOf(height);
  const stripStride = width * CHANNELS;
  const strip = layout.place(QUADS * stripStride + columns.groups * 4 * CHANNELS + ALIGNMENT_BYTES);
  const narrow = layout.place(QUADS * CHANNELS * sidePx + ALIGNMENT_BYTES);
  const middle = layout.place((height + STRIP_ROWS + rows.groups * 4) * sidePx + ALIGNMENT_BYTES);
  const target = layout.place(sidePx * sidePx);
  layout.reserve();
  return { columns, rows, strip, stripStride, narrow, middle, target };
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
