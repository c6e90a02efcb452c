import { instantiateKernel, type KernelMemory } from '../base/wasm.ts';
import { bicubicTaps, type Taps } from './bicubic-taps.ts';
import { cropGeometry } from './geometry.ts';
import { resizeKernelBase64 } from './resize-kernel.generated.ts';

/** 8-bit pixels, row major, channels interleaved, without gaps. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
}

/** What kernels/resize.ts exports; all addresses are byte offsets into its memory. */
interface ResizeKernel extends KernelMemory {
  readonly resampleRgbRows: RowPass;
  readonly resampleRgbaRows: RowPass;
  resampleColumns(
    source: number,
    sourceStride: number,
    rowBytes: number,
    starts: number,
    weights: number,
    groups: number,
    rows: number,
    target: number,
  ): void;
  premultiply(pixels: number, count: number): void;
}

type RowPass = (
  source: number,
  sourceStride: number,
  rows: number,
  starts: number,
  weights: number,
  groups: number,
  columns: number,
  target: number,
  targetStride: number,
) => void;

const ALIGNMENT_BYTES = 16;
/** Rows enter the kernel's memory in strips of about this size, which stay in the processor's cache. */
const STRIP_BYTES = 128 * 1024;
const ROWS_AT_ONCE = 4;

const kernel = instantiateKernel<ResizeKernel>(resizeKernelBase64);

/**
 * The centre crop of the bicubic resize, bit for bit as Pillow's `Image.resize` (8 bits per channel) and torchvision's
 * Resize(size, BICUBIC) and CenterCrop(size) make it. Only the pixels that the crop depends on are computed.
 *
 * @param premultiply channel 3 is alpha: the others are multiplied by it first; the crop is premultiplied too
 * @returns `size * size * channels` bytes, row major
 */
export function resizeAndCrop(image: Pixels, size: number, premultiply: boolean): Uint8Array {
  const { width, height, channels } = image;
  const geometry = cropGeometry(width, height, size);
  const columns = bicubicTaps(width, geometry.resizedWidth, geometry.left, size);
  const rows = bicubicTaps(height, geometry.resizedHeight, geometry.top, size);
  const memory = layOut(columns, rows, size, channels);
  writeTaps(memory.columnTaps, columns, channels);
  writeTaps(memory.rowTaps, rows, memory.middleStride);
  for (let row = rows.first; row < rows.end; row += memory.stripRows) {
    const count = Math.min(memory.stripRows, rows.end - row);
    copyStrip(image, columns, row, count, memory);
    if (premultiply) kernel.premultiply(memory.strip, (count * memory.stripStride) / channels);
    const pass = channels === 3 ? kernel.resampleRgbRows : kernel.resampleRgbaRows;
    pass(
      memory.strip,
      memory.stripStride,
      count,
      memory.columnTaps.starts,
      memory.columnTaps.weights,
      columns.groups,
      size,
      memory.middle + (row - rows.first) * memory.middleStride,
      memory.middleStride,
    );
  }
  kernel.resampleColumns(
    memory.middle,
    memory.middleStride,
    size * channels,
    memory.rowTaps.starts,
    memory.rowTaps.weights,
    rows.groups,
    size,
    memory.target,
  );
  return new Uint8Array(kernel.memory.buffer, memory.target, size * size * channels).slice();
}

interface TapAddresses {
  readonly starts: number;
  readonly weights: number;
}

interface Layout {
  readonly columnTaps: TapAddresses;
  readonly rowTaps: TapAddresses;
  readonly strip: number;
  readonly stripStride: number;
  readonly stripRows: number;
  /** Rows after the horizontal pass. */
  readonly middle: number;
  readonly middleStride: number;
  readonly target: number;
}

/** Gives every buffer its address, with room for what the kernel reads or writes past an end. */
function layOut(columns: Taps, rows: Taps, size: number, channels: number): Layout {
  let free = kernel.heapBase();
  const place = (byteLength: number): number => {
    const address = Math.ceil(free / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    free = address + byteLength;
    return address;
  };
  const placeTaps = (taps: Taps): TapAddresses => ({
    starts: place(taps.starts.byteLength),
    weights: place(taps.weights.byteLength),
  });
  const pastTheEnd = columns.groups * 4 * channels + ALIGNMENT_BYTES;
  const stripStride = (columns.end - columns.first) * channels;
  const stripRows = ROWS_AT_ONCE * Math.max(Math.floor(STRIP_BYTES / stripStride / ROWS_AT_ONCE), 1);
  const middleStride = Math.ceil((size * channels + 1) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const middleRows = rows.end - rows.first + ROWS_AT_ONCE + rows.groups * 4;
  const layout = {
    columnTaps: placeTaps(columns),
    rowTaps: placeTaps(rows),
    strip: place(stripRows * stripStride + pastTheEnd),
    stripStride,
    stripRows,
    middle: place(middleRows * middleStride + ALIGNMENT_BYTES),
    middleStride,
    target: place(size * size * channels + ALIGNMENT_BYTES),
  };
  kernel.reserve(free);
  return layout;
}

function writeTaps(addresses: TapAddresses, taps: Taps, stride: number): void {
  const starts = new Int32Array(kernel.memory.buffer, addresses.starts, taps.starts.length);
  for (let i = 0; i < starts.length; i++) starts[i] = (taps.starts[i]! - taps.first) * stride;
  new Int16Array(kernel.memory.buffer, addresses.weights, taps.weights.length).set(taps.weights);
}

/** Copies the columns that the crop depends on of `count` rows. */
function copyStrip(image: Pixels, columns: Taps, row: number, count: number, memory: Layout): void {
  const strip = new Uint8Array(kernel.memory.buffer, memory.strip, count * memory.stripStride);
  const imageStride = image.width * image.channels;
  let from = row * imageStride + columns.first * image.channels;
  for (let to = 0; to < strip.length; to += memory.stripStride) {
    strip.set(image.data.subarray(from, from + memory.stripStride), to);
    from += imageStride;
  }
}
