import { broken } from './image-error.ts';

const END_OF_LINE = 0;
const END_OF_BITMAP = 1;
const DELTA = 2;

/**
 * Run-length encoded indices (BI_RLE8, BI_RLE4), as Pillow reads them: a run is cut at the end of its row, what was
 * skipped is index 0, and data that end before the last pixel are broken.
 *
 * @param data the file from the runs on
 * @param fileOffset where in the file that is: absolute runs are aligned to even places of the file
 * @returns `width * height` indices, in the order of the file
 */
export function decodeRuns(
  data: Uint8Array,
  fileOffset: number,
  width: number,
  height: number,
  fourBits: boolean,
): Uint8Array {
  const pixels = new Uint8Array(width * height);
  let filled = 0;
  let column = 0;
  let at = 0;
  while (filled < pixels.length) {
    const run = data[at];
    const value = data[at + 1];
    if (run === undefined || value === undefined) break;
    at += 2;
    if (run > 0) {
      const count = Math.min(run, Math.max(width - column, 0));
      for (let i = 0; i < count; i++) put(fourBits ? nibble(value, i) : value);
      column += count;
    } else if (value === END_OF_LINE) {
      filled += (width - (filled % width)) % width;
      column = 0;
    } else if (value === END_OF_BITMAP) {
      break;
    } else if (value === DELTA) {
      filled += (data[at] ?? 0) + (data[at + 1] ?? 0) * width;
      at += 2;
      column = filled % width;
    } else {
      const bytes = fourBits ? value >> 1 : value;
      if (at + bytes > data.length) break;
      for (let i = 0; i < (fourBits ? bytes * 2 : bytes); i++)
        put(fourBits ? nibble(data[at + (i >> 1)]!, i) : data[at + i]!);
      column += value;
      at += bytes + ((fileOffset + at + bytes) & 1);
    }
  }
  if (filled < pixels.length) throw broken();
  return pixels;

  function put(index: number): void {
    if (filled < pixels.length) pixels[filled] = index;
    filled++;
  }
}

function nibble(byte: number, i: number): number {
  return i % 2 === 0 ? byte >> 4 : byte & 15;
}
