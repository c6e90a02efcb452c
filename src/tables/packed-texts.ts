import type { DuckDBDataChunk } from '@duckdb/node-api';
import { hashPacked, type PackedTexts } from '../samples/hash.ts';
import { forEachNull } from './chunk.ts';

/** A vector of BLOB as the client has it: DuckDB's own `string_t`s, 16 bytes each. */
interface OpenBlobVector {
  readonly dataView: DataView;
  getItemBytes(row: number): Uint8Array | null;
}

/*
 * A string_t of DuckDB (common/types/string_type.hpp): its length as uint32, then the bytes themselves, if there are no more
 * than 12 of them, else their first 4 and a pointer to all.
 */
const STRING_WORDS = 4;
const STRING_BYTES = 16;
const LENGTH_BYTES = 4;
const MAX_INLINED_BYTES = 12;
const TWO_TO_32 = 2 ** 32;

/** The hashes of rows, from a column of `hashedTextSql`. */
export function hashTextColumn(chunk: DuckDBDataChunk, column: number): BigInt64Array {
  return hashPacked(packTexts(chunk, column));
}

/**
 * The texts of a column of BLOB in one piece, which is good until the next are packed; null has no bytes. The client gives a text a call, each a buffer of its own. DuckDB
 * has most texts of a chunk one right behind the other, so what lies like that is asked for as though it were one text.
 */
function packTexts(chunk: DuckDBDataChunk, column: number): PackedTexts {
  const vector = chunk.getColumnVector(column) as unknown as OpenBlobVector;
  const rowCount = chunk.rowCount;
  const { buffer, byteOffset } = vector.dataView;
  const words = new Uint32Array(buffer, byteOffset, rowCount * STRING_WORDS);
  const lengths = lengthsOf(chunk, column, words);
  const bytes = roomFor(sumOf(lengths));
  const ends = new Uint32Array(rowCount);
  for (let row = 0, end = 0; row < rowCount; ) {
    const length = lengths[row]!;
    if (length <= MAX_INLINED_BYTES) {
      const at = byteOffset + row * STRING_BYTES + LENGTH_BYTES;
      bytes.set(new Uint8Array(buffer, at, length), end);
      end += length;
      ends[row++] = end;
      continue;
    }
    const first = row;
    const start = end;
    const address = addressOf(words, first);
    do {
      end += lengths[row]!;
      ends[row++] = end;
    } while (row < rowCount && isBehind(words, lengths, row, address + end - start));
    bytes.set(readRun(vector, words, first, end - start), start);
  }
  return { bytes, ends };
}

/** What texts were packed into last: a new buffer for each chunk is collected again, at a cost of the whole heap's. */
let room = new Uint8Array();
/** Of the most room that is kept: some times the texts of a usual chunk. */
const KEPT_BYTES = 4 * 2 ** 20;

function roomFor(length: number): Uint8Array {
  if (length > KEPT_BYTES) return new Uint8Array(length);
  if (room.length < length) room = new Uint8Array(Math.min(KEPT_BYTES, 2 * length));
  return room.subarray(0, length);
}

function sumOf(lengths: Uint32Array): number {
  let sum = 0;
  for (let row = 0; row < lengths.length; row++) sum += lengths[row]!;
  return sum;
}

function lengthsOf(chunk: DuckDBDataChunk, column: number, words: Uint32Array): Uint32Array {
  const lengths = new Uint32Array(chunk.rowCount);
  for (let row = 0; row < lengths.length; row++) lengths[row] = words[row * STRING_WORDS]!;
  // What stands where a value is null means nothing.
  forEachNull(chunk, column, (row) => {
    lengths[row] = 0;
  });
  return lengths;
}

/** Whether a row's text starts at an address. */
function isBehind(words: Uint32Array, lengths: Uint32Array, row: number, address: number): boolean {
  return lengths[row]! > MAX_INLINED_BYTES && addressOf(words, row) === address;
}

/** Where a text lies that is not within its string_t. Addresses have 48 bits. */
function addressOf(words: Uint32Array, row: number): number {
  return words[row * STRING_WORDS + 3]! * TWO_TO_32 + words[row * STRING_WORDS + 2]!;
}

/** The bytes of texts of which each starts where the one before ends. */
function readRun(vector: OpenBlobVector, words: Uint32Array, row: number, length: number): Uint8Array {
  const own = words[row * STRING_WORDS]!;
  words[row * STRING_WORDS] = length;
  try {
    return vector.getItemBytes(row)!;
  } finally {
    words[row * STRING_WORDS] = own;
  }
}
