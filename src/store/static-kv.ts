import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { codeOf, messageOf } from '../base/errors.ts';
import { fromFloat16Bits, toFloat16Bits } from '../base/float16.ts';
import type { InputIdentity } from '../samples/input-identity.ts';
import type { ScoreRows } from '../samples/score-rows.ts';
import type { TagName } from '../samples/tags.ts';
import { StoreError } from './errors.ts';

/*
 * The file of Python's static-ondisk-kv: records without a header, sorted by key, of `struct.pack(key_format, key)`
 * and `struct.pack(value_format, *values)`. Its key format here is `q` (int64), its value format one letter per
 * score: `e` (float16) or `f` (float32). Both lie little-endian and without padding.
 */

/** How the records of a file look: `q+ee` has two float16 scores beside the hash. */
export interface KvFormat {
  readonly precision: 'float16' | 'float32';
  readonly columnCount: number;
}

/** Reads `q+e`, `q+ee`, `q+f` ...; undefined for anything else. */
export function parseKvFormat(text: string): KvFormat | undefined {
  const [, values] = /^q\+(e{1,16}|f{1,16})$/.exec(text) ?? [];
  if (!values) return undefined;
  return { precision: values[0] === 'e' ? 'float16' : 'float32', columnCount: values.length };
}

/** The library's `value_format`. */
export function kvValueFormat({ precision, columnCount }: KvFormat): string {
  return (precision === 'float16' ? 'e' : 'f').repeat(columnCount);
}

/** Bytes of one record. */
export function kvRecordBytes({ precision, columnCount }: KvFormat): number {
  return 8 + columnCount * (precision === 'float16' ? 2 : 4);
}

/** Records are put together of units as wide as a score: 16 or 32 bits. */
type Units = Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

function unitsOver(buffer: ArrayBuffer, precision: KvFormat['precision']): Units {
  return precision === 'float16' ? new Uint16Array(buffer) : new Uint32Array(buffer);
}

function scoreBits(column: Float32Array, precision: KvFormat['precision']): ArrayLike<number> {
  if (precision === 'float16') return toFloat16Bits(column);
  return new Uint32Array(column.buffer, column.byteOffset, column.length);
}

/** Some records as they lie in a file. */
export interface KvRecords {
  readonly bytes: Uint8Array;
  readonly count: number;
}

/**
 * Records of rows, in their order; a row with a null score is left out, as the library's own preparation does.
 *
 * @throws StoreError BB_SCORE_RANGE for a finite score that float16 does not hold, as `struct.pack` raises
 *   OverflowError; infinity itself is packed
 */
export function encodeKv(rows: ScoreRows, format: KvFormat): KvRecords {
  const { precision, columnCount } = format;
  const rowCount = rows.hashes.length;
  const target = unitsOver(new ArrayBuffer(rowCount * kvRecordBytes(format)), precision);
  const keys = unitsOver(rows.hashes.slice().buffer, precision);
  const keyUnits = 8 / target.BYTES_PER_ELEMENT;
  const bits = rows.columns.map((column) => scoreBits(column, precision));
  let count = 0;
  let at = 0;
  for (let row = 0; row < rowCount; row++) {
    let isWhole = true;
    for (let c = 0; c < columnCount; c++) if (Number.isNaN(rows.columns[c]![row]!)) isWhole = false;
    if (!isWhole) continue;
    for (let unit = 0; unit < keyUnits; unit++) target[at++] = keys[row * keyUnits + unit]!;
    for (let c = 0; c < columnCount; c++) {
      const value = bits[c]![row]!;
      if (precision === 'float16' && (value & 0x7fff) === INFINITE_HALF) checkRange(rows, c, row);
      target[at++] = value;
    }
    count++;
  }
  return { bytes: new Uint8Array(target.buffer, 0, at * target.BYTES_PER_ELEMENT), count };
}

const INFINITE_HALF = 0x7c00;

function checkRange(rows: ScoreRows, column: number, row: number): void {
  const score = rows.columns[column]![row]!;
  if (!Number.isFinite(score)) return;
  const hash = rows.hashes[row]!;
  throw new StoreError(
    'BB_SCORE_RANGE',
    `The score ${score} of hash ${hash} is too great for float16 (65504). Export with --precision float32.`,
    { fields: { hash: String(hash), score } },
  );
}

/** What `readStaticKv` needs to know of a file, which says nothing of itself. */
export interface KvInput {
  readonly path: string;
  readonly format: KvFormat;
  /** The names of its scores, one per letter of the value format. */
  readonly columns: readonly TagName[];
  /** What the file beside it says of it; that is held against it. */
  readonly expected?: { readonly records: number; readonly sha256: string };
}

const ROWS_AT_ONCE = 64 * 1024;

/**
 * Looks at a file before its rows are read.
 *
 * @param wanted the columns that will be read of it
 * @throws StoreError BB_COLUMN_MISSING, BB_INPUT_UNREADABLE, BB_INPUT_FORMAT for a size that is no whole number of
 *   records, or not the expected one
 */
export async function checkStaticKv(input: KvInput, wanted: readonly TagName[]): Promise<void> {
  for (const name of wanted) placeOf(input, name);
  const handle = await openKv(input);
  try {
    await checkedSize(handle, input);
  } finally {
    await handle.close();
  }
}

/**
 * Streams a file's rows.
 *
 * @param wanted the columns to give, of the file's, in this order
 * @param onSource called with size, rows and sha256 when the last row has been read
 * @throws StoreError BB_COLUMN_MISSING, BB_INPUT_UNREADABLE, BB_INPUT_FORMAT for a size that is no whole number of
 *   records or keys that do not ascend: both say that the format is not the one stated; or after the last row, where
 *   its sha256 is not the expected one
 */
export async function* readStaticKv(
  input: KvInput,
  wanted: readonly TagName[],
  onSource?: (source: InputIdentity) => void,
): AsyncGenerator<ScoreRows> {
  const places = wanted.map((name) => placeOf(input, name));
  const handle = await openKv(input);
  try {
    const sizeBytes = await checkedSize(handle, input);
    const checksum = createHash('sha256');
    const reader = new KvReader(input, places);
    const buffer = new ArrayBuffer(ROWS_AT_ONCE * kvRecordBytes(input.format));
    for (let at = 0; at < sizeBytes; ) {
      const bytes = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, sizeBytes - at));
      await fill(handle, input.path, bytes);
      checksum.update(bytes);
      yield reader.rows(buffer, bytes.length);
      at += bytes.length;
    }
    const rowCount = sizeBytes / kvRecordBytes(input.format);
    const fingerprint = checksum.digest('hex');
    if (input.expected && input.expected.sha256 !== fingerprint)
      throw notExpected(input.path, 'its sha256 is another');
    onSource?.({ path: input.path, sizeBytes, rowCount, fingerprint });
  } finally {
    await handle.close();
  }
}

function placeOf({ path, columns }: KvInput, name: TagName): number {
  const place = columns.indexOf(name);
  if (place >= 0) return place;
  throw new StoreError(
    'BB_COLUMN_MISSING',
    `${path} has no ${name}: it holds ${columns.join(', ')}. Choose of these with --columns.`,
    { fields: { path, columns } },
  );
}

async function openKv({ path }: KvInput): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const why = codeOf(cause) === 'EACCES' ? 'permission denied' : messageOf(cause);
    throw new StoreError('BB_INPUT_UNREADABLE', `${path} cannot be read: ${why}.`, {
      cause,
      fields: { path },
    });
  }
}

async function checkedSize(handle: FileHandle, { path, format, expected }: KvInput): Promise<number> {
  const { size } = await handle.stat();
  const recordBytes = kvRecordBytes(format);
  if (expected && size !== expected.records * recordBytes)
    throw notExpected(path, `it has ${size} bytes instead of ${expected.records * recordBytes}`);
  if (size % recordBytes === 0) return size;
  throw badKv(
    path,
    format,
    `its ${size} bytes are ${Math.floor(size / recordBytes)} records of ${recordBytes} bytes and ${size % recordBytes} more`,
  );
}

function notExpected(path: string, why: string): StoreError {
  return new StoreError(
    'BB_INPUT_FORMAT',
    `${path} is not the file that ${path}.json describes: ${why}. Export it again.`,
    { fields: { path } },
  );
}

function badKv(path: string, format: KvFormat, why: string): StoreError {
  return new StoreError(
    'BB_INPUT_FORMAT',
    `${path} is no static-ondisk-kv file of the format q+${kvValueFormat(format)}: ${why}. ` +
      'Check --kv-format, and that the file is whole.',
    { fields: { path } },
  );
}

async function fill(handle: FileHandle, path: string, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done);
    if (bytesRead === 0)
      throw new StoreError('BB_INPUT_UNREADABLE', `${path} became shorter while it was read.`, {
        fields: { path },
      });
    done += bytesRead;
  }
}

/** Takes records apart; knows the last key, for keys ascend. */
class KvReader {
  readonly #input: KvInput;
  readonly #places: readonly number[];
  readonly #halves = fromFloat16Bits(Uint16Array.from({ length: 0x10000 }, (_, bits) => bits));
  #lastKey: bigint | undefined;
  #records = 0;

  constructor(input: KvInput, places: readonly number[]) {
    this.#input = input;
    this.#places = places;
  }

  /** @param bytes how much of the buffer is filled: whole records */
  rows(buffer: ArrayBuffer, bytes: number): ScoreRows {
    const { format } = this.#input;
    const units = unitsOver(buffer, format.precision);
    const count = bytes / kvRecordBytes(format);
    const keyUnits = 8 / units.BYTES_PER_ELEMENT;
    const recordUnits = keyUnits + format.columnCount;
    const hashes = new BigInt64Array(count);
    const keys = unitsOver(hashes.buffer, format.precision);
    for (let row = 0; row < count; row++) {
      for (let unit = 0; unit < keyUnits; unit++)
        keys[row * keyUnits + unit] = units[row * recordUnits + unit]!;
    }
    this.#checkOrder(hashes);
    const columns = this.#places.map((place) => this.#column(units, count, keyUnits + place, recordUnits));
    return { hashes, columns };
  }

  #column(units: Units, count: number, first: number, step: number): Float32Array {
    const column = new Float32Array(count);
    if (this.#input.format.precision === 'float16') {
      for (let row = 0; row < count; row++) column[row] = this.#halves[units[first + row * step]!]!;
      return column;
    }
    const bits = new Uint32Array(column.buffer);
    for (let row = 0; row < count; row++) bits[row] = units[first + row * step]!;
    return column;
  }

  /** Records of another format than stated do not ascend; nothing else would give it away. */
  #checkOrder(hashes: BigInt64Array): void {
    let last = this.#lastKey ?? hashes[0]!;
    for (let row = 0; row < hashes.length; row++) {
      const key = hashes[row]!;
      if (key < last)
        throw badKv(
          this.#input.path,
          this.#input.format,
          `key ${key} of record ${this.#records + row} is below the one before`,
        );
      last = key;
    }
    this.#lastKey = last;
    this.#records += hashes.length;
  }
}
