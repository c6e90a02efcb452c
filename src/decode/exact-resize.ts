import { ALIGNMENT_BYTES, KernelLayout, kernel, type PlacedTaps, writeTaps } from './resize-kernel.ts';
import { type FilterName, resizeTaps } from './resize-taps.ts';
import type { CropGeometry } from './transform.ts';

/** 8-bit pixels, row major, channels interleaved, without gaps. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
}

/** Rows enter the kernel's memory in strips of about this size, which stay in the processor's cache. */
const STRIP_BYTES = 128 * 1024;
const ROWS_AT_ONCE = 4;

/** A part of an image that is resized. */
export interface ResizedPart {
  /** The image's size after the resize. */
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  /** The part's corner in the resized image, and its size, in pixels. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly interpolation: FilterName;
}

/** A square crop; see `resizePart`. */
export function resizeAndCrop(image: Pixels, geometry: CropGeometry, premultiply: boolean): Uint8Array {
  const { sizePx, ...resized } = geometry;
  return resizePart(image, { ...resized, width: sizePx, height: sizePx }, premultiply);
}

/**
 * A part of the resized image, bit for bit as Pillow's `Image.resize` (8 bits per channel) and torchvision's Resize
 * and CenterCrop make it. Only the pixels that it depends on are computed.
 *
 * @param premultiply channel 3 is alpha: the others are multiplied by it first; the part is premultiplied too
 * @returns `width * height * channels` bytes, row major
 */
export function resizePart(image: Pixels, part: ResizedPart, premultiply: boolean): Uint8Array {
  const memory = layOut(image, part);
  const { rows, channels } = memory;
  const { width, height } = part;
  writeTaps(memory.columns, channels);
  writeTaps(rows, memory.middleStride);
  for (let row = rows.first; row < rows.end; row += memory.stripRows) {
    const count = Math.min(memory.stripRows, rows.end - row);
    copyStrip(image, row, count, memory);
    if (premultiply) kernel.premultiply(memory.strip, (count * memory.stripStride) / channels);
    resampleStrip(row, count, memory);
  }
  kernel.resampleColumns(
    memory.middle,
    memory.middleStride,
    width * channels,
    rows.startsAt,
    rows.weightsAt,
    rows.groups,
    height,
    memory.target,
  );
  return new Uint8Array(kernel.memory.buffer, memory.target, width * height * channels).slice();
}

/** One resize: its taps, and the places of all that it needs in the kernel's memory. */
interface Layout {
  /** Columns of the part. */
  readonly width: number;
  readonly channels: number;
  readonly columns: PlacedTaps;
  readonly rows: PlacedTaps;
  readonly strip: number;
  readonly stripStride: number;
  readonly stripRows: number;
  /** Rows after the horizontal pass. */
  readonly middle: number;
  readonly middleStride: number;
  readonly target: number;
}

/** Gives every buffer its address, with room for what the kernel reads or writes past an end. */
function layOut(image: Pixels, part: ResizedPart): Layout {
  const { channels } = image;
  const { resizedWidth, resizedHeight, left, top, width, height, interpolation } = part;
  const layout = new KernelLayout();
  const columns = layout.placeTaps(
    resizeTaps({ inputSize: image.width, outputSize: resizedWidth, from: left, count: width, interpolation }),
  );
  const rows = layout.placeTaps(
    resizeTaps({
      inputSize: image.height,
      outputSize: resizedHeight,
      from: top,
      count: height,
      interpolation,
    }),
  );
  const pastTheEnd = columns.groups * 4 * channels + ALIGNMENT_BYTES;
  const stripStride = (columns.end - columns.first) * channels;
  const stripRows = ROWS_AT_ONCE * Math.max(Math.floor(STRIP_BYTES / stripStride / ROWS_AT_ONCE), 1);
  const middleStride = Math.ceil((width * channels + 1) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const middleRows = rows.end - rows.first + ROWS_AT_ONCE + rows.groups * 4;
  const strip = layout.place(stripRows * stripStride + pastTheEnd);
  const middle = layout.place(middleRows * middleStride + ALIGNMENT_BYTES);
  const target = layout.place(width * height * channels + ALIGNMENT_BYTES);
  layout.reserve();
  return { width, channels, columns, rows, strip, stripStride, stripRows, middle, middleStride, target };
}

/** Copies the columns that the crop depends on of `count` rows. */
function copyStrip(image: Pixels, row: number, count: number, memory: Layout): void {
  const strip = new Uint8Array(kernel.memory.buffer, memory.strip, count * memory.stripStride);
  const imageStride = image.width * image.channels;
  let from = row * imageStride + memory.columns.first * image.channels;
  for (let to = 0; to < strip.length; to += memory.stripStride) {
    strip.set(image.data.subarray(from, from + memory.stripStride), to);
    from += imageStride;
  }
}

/** The horizontal pass over a strip that was copied. */
function resampleStrip(row: number, count: number, memory: Layout): void {
  const { columns, rows } = memory;
  const pass = memory.channels === 3 ? kernel.resampleRgbRows : kernel.resampleRgbaRows;
  pass(
    memory.strip,
    memory.stripStride,
    count,
    columns.startsAt,
    columns.weightsAt,
    columns.groups,
    memory.width,
    memory.middle + (row - rows.first) * memory.middleStride,
    memory.middleStride,
  );
}
