import { broken } from './image-error.ts';

const END_OF_LINE = 0;
const END_OF_BITMAP = 1;
const DELTA = 2;

/** Runs as a bitmap holds them. */
export interface Runs {
  /** The file from the runs on. */
  readonly data: Uint8Array;
  /** Where in the file that is: absolute runs are aligned to even places of the file. */
  readonly fileOffset: number;
  readonly width: number;
  readonly height: number;
  /** Two indices to a byte (BI_RLE4). */
  readonly fourBits: boolean;
}

/**
 * Run-length encoded indices (BI_RLE8, BI_RLE4), as Pillow reads them: a run is cut at the end of its row, what was
 * skipped is index 0, and data that end before the last pixel are broken.
 *
 * @returns `width * height` indices, in the order of the file
 */
export function decodeRuns({ data, fileOffset, width, height, fourBits }: Runs): Uint8Array {
  const rows = new Rows(width, height);
  let at = 0;
  while (!rows.areFull) {
    const run = data[at];
    const value = data[at + 1];
    if (run === undefined || value === undefined) break;
    at += 2;
    if (run > 0) {
      const count = rows.roomFor(run);
      for (let i = 0; i < count; i++) rows.put(fourBits ? nibble(value, i) : value);
      rows.moveRight(count);
    } else if (value === END_OF_LINE) {
      rows.endLine();
    } else if (value === END_OF_BITMAP) {
      break;
    } else if (value === DELTA) {
      rows.skip(data[at] ?? 0, data[at + 1] ?? 0);
      at += 2;
    } else {
      const bytes = fourBits ? value >> 1 : value;
      if (at + bytes > data.length) break;
      for (let i = 0; i < (fourBits ? bytes * 2 : bytes); i++)
        rows.put(fourBits ? nibble(data[at + (i >> 1)]!, i) : data[at + i]!);
      rows.moveRight(value);
      at += bytes + ((fileOffset + at + bytes) & 1);
    }
  }
  if (!rows.areFull) throw broken();
  return rows.pixels;
}

/** The indices that were read, and the column that the file believes itself to be in. */
class Rows {
  readonly pixels: Uint8Array;
  readonly #width: number;
  #filled = 0;
  #column = 0;

  constructor(width: number, height: number) {
    this.pixels = new Uint8Array(width * height);
    this.#width = width;
  }

  get areFull(): boolean {
    return this.#filled >= this.pixels.length;
  }

  /** How much of a run the row still takes. */
  roomFor(run: number): number {
    return Math.min(run, Math.max(this.#width - this.#column, 0));
  }

  put(index: number): void {
    if (this.#filled < this.pixels.length) this.pixels[this.#filled] = index;
    this.#filled++;
  }

  moveRight(columns: number): void {
    this.#column += columns;
  }

  endLine(): void {
    this.#filled += (this.#width - (this.#filled % this.#width)) % this.#width;
    this.#column = 0;
  }

  skip(columns: number, rows: number): void {
    this.#filled += columns + rows * this.#width;
    this.#column = this.#filled % this.#width;
  }
}

function nibble(byte: number, i: number): number {
  return i % 2 === 0 ? byte >> 4 : byte & 15;
}
