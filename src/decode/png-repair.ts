import { constants, deflateSync, inflateSync } from 'node:zlib';
import { broken } from './image-error.ts';
import { chunk, type PngFile, writePng, zlibStream } from './png-chunks.ts';

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** x and y of the first pixel, and the steps, of Adam7's passes (PNG 8.2). */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
/** What is inflated beyond the rows that the header promises; nobody looks at it. */
const SLACK_BYTES = 1_048_576;

/**
 * The same picture as a PNG without fault, where Pillow can read one that libpng refuses: it looks at no checksum of
 * image data, takes a stream that ended early for black rows, and one that never ends if it held all rows.
 *
 * @throws ImageError image_broken where Pillow refuses the data too
 */
export function repairPng(file: PngFile): Buffer {
  const rowBytes = rowLengths(file);
  const wanted = rowBytes.reduce((sum, bytes) => sum + bytes, 0);
  const { rows, ended } = inflateRows(zlibStream(file), wanted);
  if (rows.length < wanted && !(ended && endsWithRow(rowBytes, rows.length))) throw broken();
  const whole = Buffer.alloc(wanted);
  rows.copy(whole, 0, 0, Math.min(rows.length, wanted));
  return writePng(file, [chunk('IDAT', deflateSync(whole, { level: 0 }))]);
}

/** Bytes of each row of each pass, filter byte included. */
function rowLengths({ width, height, bitDepth, colourType, interlaced }: PngFile): number[] {
  const channels = CHANNELS[colourType];
  if (channels === undefined) throw broken();
  const passes = interlaced ? PASSES : ([[0, 0, 1, 1]] as const);
  return passes.flatMap(([left, top, right, down]) => {
    const columns = Math.max(Math.ceil((width - left) / right), 0);
    const rows = Math.max(Math.ceil((height - top) / down), 0);
    return columns === 0
      ? []
      : new Array<number>(rows).fill(1 + Math.ceil((columns * channels * bitDepth) / 8));
  });
}

/** Data that end inside a row are broken, others only short. */
function endsWithRow(rowBytes: readonly number[], available: number): boolean {
  let end = 0;
  for (const bytes of rowBytes) {
    if (end >= available) break;
    end += bytes;
  }
  return end === available;
}

function inflateRows(stream: Buffer, wanted: number): { rows: Buffer; ended: boolean } {
  const maxOutputLength = wanted + SLACK_BYTES;
  try {
    return { rows: inflateSync(stream, { maxOutputLength }), ended: true };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR') throw broken();
  }
  try {
    return {
      rows: inflateSync(stream, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH }),
      ended: false,
    };
  } catch {
    throw broken();
  }
}
