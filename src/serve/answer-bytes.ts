import type { FoundScores } from '../store/reader.ts';

/**
 * Answers as bytes: for n hashes and c columns c * n float32, little-endian, a column after the other, then n bytes, 1
 * where the store has the hash. Floats come first, so that they are aligned wherever the body is; a stored null is a
 * NaN with its byte 1, a miss a NaN with its byte 0.
 */
export function manyScoresBytes({ found, columns }: FoundScores): Buffer {
  const columnBytes = Float32Array.BYTES_PER_ELEMENT * found.length;
  const bytes = Buffer.allocUnsafe(columns.length * columnBytes + found.length);
  columns.forEach((column, c) => {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, columnBytes), c * columnBytes);
  });
  bytes.set(found, columns.length * columnBytes);
  return bytes;
}
