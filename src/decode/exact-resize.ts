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
  const layout = new KernelLayout();
  const resize = new StripResize(layout, image, part);
  layout.reserve();
  resize.begin();
  const { top, bottom } = resize.needed;
  const stride = image.width * image.channels;
  resize.take(
    { data: image.data.subarray(top * stride, bottom * stride), left: 0, width: image.width, row: top },
    premultiply,
  );
  return resize.finish();
}

/** Rows of an image, or of some of its columns. */
export interface PixelRows {
  /** Without gaps. */
  readonly data: Uint8Array;
  /** The columns, and the first row, in pixels. */
  readonly left: number;
  readonly width: number;
  readonly row: number;
}

/** A part of an image, in pixels; right and bottom are not in it. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * One resize whose rows come by and by, in their order. Several may be under way at the same time if they share a layout: it is
 * reserved when all are made, and then each begins.
 */
export class StripResize {
  /** The pixels that the part depends on. */
  readonly needed: Area;
  readonly #channels: number;
  /** Of the part. */
  readonly #width: number;
  readonly #height: number;
  readonly #columns: PlacedTaps;
  readonly #rows: PlacedTaps;
  readonly #strip: number;
  readonly #stripBytes: number;
  /** Rows after the horizontal pass. */
  readonly #middle: number;
  readonly #middleStride: number;
  readonly #target: number;

  /** Gives every buffer its address, with room for what the kernel reads or writes past an end. */
  constructor(layout: KernelLayout, image: Omit<Pixels, 'data'>, part: ResizedPart) {
    const { channels } = image;
    const { resizedWidth, resizedHeight, left, top, width, height, interpolation } = part;
    const pass = {
      inputSize: image.width,
      outputSize: resizedWidth,
      from: left,
      count: width,
      interpolation,
    };
    this.#columns = layout.placeTaps(resizeTaps(pass));
    this.#rows = layout.placeTaps(
      resizeTaps({ ...pass, inputSize: image.height, outputSize: resizedHeight, from: top, count: height }),
    );
    const [columns, rows] = [this.#columns, this.#rows];
    this.needed = { left: columns.first, right: columns.end, top: rows.first, bottom: rows.end };
    [this.#channels, this.#width, this.#height] = [channels, width, height];
    this.#stripBytes = Math.max(STRIP_BYTES, ROWS_AT_ONCE * image.width * channels);
    this.#middleStride = Math.ceil((width * channels + 1) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    const middleRows = rows.end - rows.first + ROWS_AT_ONCE + rows.groups * 4;
    // Up to three rows past a strip's last are read, and some taps past a row's.
    const pastTheEnd = columns.groups * 4 * channels + ALIGNMENT_BYTES;
    this.#strip = layout.place(this.#stripBytes + (ROWS_AT_ONCE - 1) * image.width * channels + pastTheEnd);
    this.#middle = layout.place(middleRows * this.#middleStride + ALIGNMENT_BYTES);
    this.#target = layout.place(width * height * channels + ALIGNMENT_BYTES);
  }

  /** To be called when the layout was reserved, before any rows are taken. */
  begin(): void {
    writeTaps(this.#columns, this.#channels);
    writeTaps(this.#rows, this.#middleStride);
  }

  /** Takes the next rows; they must hold the needed columns. Rows that are not needed are left aside. */
  take({ data, left, width, row }: PixelRows, premultiply = false): void {
    const stride = width * this.#channels;
    const from = Math.max(row, this.needed.top);
    const end = Math.min(row + data.length / stride, this.needed.bottom);
    // Columns that are not needed are copied as well, if they are few: in one piece it is quicker.
    const neededWidth = this.needed.right - this.needed.left;
    const copied =
      neededWidth * 4 >= width * 3 ? { left, width } : { left: this.needed.left, width: neededWidth };
    const stripRows = Math.floor(this.#stripBytes / (copied.width * this.#channels));
    const step = Math.max(stripRows - (stripRows % ROWS_AT_ONCE), ROWS_AT_ONCE);
    for (let first = from; first < end; first += step) {
      const count = Math.min(step, end - first);
      this.#copyStrip(data.subarray((first - row) * stride, (first - row + count) * stride), stride, {
        ...copied,
        left: copied.left - left,
      });
      if (premultiply) kernel.premultiply(this.#strip, count * copied.width);
      this.#resampleStrip(first, count, copied);
    }
  }

  /** Copies columns of rows. */
  #copyStrip(rows: Uint8Array, stride: number, { left, width }: { left: number; width: number }): void {
    const bytes = width * this.#channels;
    const strip = new Uint8Array(kernel.memory.buffer, this.#strip, (rows.length / stride) * bytes);
    if (bytes === stride) {
      strip.set(rows);
      return;
    }
    let from = left * this.#channels;
    for (let to = 0; to < strip.length; to += bytes) {
      strip.set(rows.subarray(from, from + bytes), to);
      from += stride;
    }
  }

  /** The horizontal pass over a strip that was copied. */
  #resampleStrip(row: number, count: number, { left, width }: { left: number; width: number }): void {
    const pass = this.#channels === 3 ? kernel.resampleRgbRows : kernel.resampleRgbaRows;
    pass(
      this.#strip + (this.needed.left - left) * this.#channels,
      width * this.#channels,
      count,
      this.#columns.startsAt,
      this.#columns.weightsAt,
      this.#columns.groups,
      this.#width,
      this.#middle + (row - this.needed.top) * this.#middleStride,
      this.#middleStride,
    );
  }

  /** The vertical pass, when all rows were taken: `width * height * channels` bytes, row major. */
  finish(): Uint8Array {
    const bytes = this.#width * this.#channels;
    kernel.resampleColumns(
      this.#middle,
      this.#middleStride,
      bytes,
      this.#rows.startsAt,
      this.#rows.weightsAt,
      this.#rows.groups,
      this.#height,
      this.#target,
    );
    return new Uint8Array(kernel.memory.buffer, this.#target, bytes * this.#height).slice();
  }
}
