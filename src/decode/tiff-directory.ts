import { broken } from './image-error.ts';

/** Bytes of one value of each type: BYTE, ASCII, SHORT, LONG, ..., IFD8 (TIFF 6.0, section 2; BigTIFF). */
const TYPE_BYTES: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};
/** No tag that is looked at has more values that matter. */
const MAX_VALUES = 16;

interface Entry {
  readonly count: number;
  /** The first values; only of the integer types. */
  readonly values: readonly number[];
  /** Where the values are in the file. */
  readonly at: number;
}

/** The first directory of a TIFF: what its tags say, within the bytes of the file. */
export class TiffDirectory {
  readonly littleEndian: boolean;
  /** Where the offset of the next directory is, and its size. */
  readonly nextAt: number;
  readonly offsetBytes: 4 | 8;
  readonly #bytes: Buffer;
  readonly #entries = new Map<number, Entry>();

  /** @throws ImageError image_broken where the directory is not in the file */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.littleEndian = bytes[0] === 0x49;
    if (bytes.length < 16) throw broken();
    const big = this.#short(2) === 43;
    this.offsetBytes = big ? 8 : 4;
    const start = big ? this.#long8(8) : this.#long(4);
    const countBytes = big ? 8 : 2;
    if (start + countBytes > bytes.length) throw broken();
    const count = big ? this.#long8(start) : this.#short(start);
    const entryBytes = big ? 20 : 12;
    this.nextAt = start + countBytes + count * entryBytes;
    if (this.nextAt > bytes.length) throw broken();
    for (let i = 0; i < count; i++) this.#readEntry(start + countBytes + i * entryBytes);
  }

  /** The first value of a tag. */
  first(tag: number): number | undefined {
    return this.values(tag)[0];
  }

  /** The first 16 values of a tag; none where it is absent. */
  values(tag: number): readonly number[] {
    return this.#entries.get(tag)?.values ?? [];
  }

  /** How many values a tag says that it has. */
  count(tag: number): number {
    return this.#entries.get(tag)?.count ?? 0;
  }

  /** A copy of the file without any further directory; where a tag is there, its first SHORT becomes the value given. */
  alone(shorts: Readonly<Record<number, number>>): Buffer {
    const copy = Buffer.from(this.#bytes);
    copy.fill(0, this.nextAt, this.nextAt + this.offsetBytes);
    for (const [tag, value] of Object.entries(shorts)) {
      const entry = this.#entries.get(Number(tag));
      if (!entry || entry.at + 2 > copy.length) continue;
      if (this.littleEndian) copy.writeUInt16LE(value, entry.at);
      else copy.writeUInt16BE(value, entry.at);
    }
    return copy;
  }

  #readEntry(at: number): void {
    const big = this.offsetBytes === 8;
    const tag = this.#short(at);
    const type = this.#short(at + 2);
    const count = big ? this.#long8(at + 4) : this.#long(at + 4);
    const inlineAt = at + (big ? 12 : 8);
    const bytes = (TYPE_BYTES[type] ?? 0) * count;
    const valuesAt = bytes <= this.offsetBytes ? inlineAt : this.#offset(inlineAt);
    if (this.#entries.has(tag)) return;
    this.#entries.set(tag, { count, values: this.#readValues(type, count, valuesAt), at: valuesAt });
  }

  #readValues(type: number, count: number, at: number): number[] {
    const size = TYPE_BYTES[type] ?? 0;
    const values: number[] = [];
    for (let i = 0; i < Math.min(count, MAX_VALUES) && at + (i + 1) * size <= this.#bytes.length; i++) {
      const value = this.#integer(type, at + i * size);
      if (value === undefined) break;
      values.push(value);
    }
    return values;
  }

  #integer(type: number, at: number): number | undefined {
    if (type === 1) return this.#bytes[at];
    if (type === 3) return this.#short(at);
    if (type === 4 || type === 13) return this.#long(at);
    return type === 16 || type === 18 ? this.#long8(at) : undefined;
  }

  #offset(at: number): number {
    return this.offsetBytes === 8 ? this.#long8(at) : this.#long(at);
  }

  #short(at: number): number {
    return this.littleEndian ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at);
  }

  #long(at: number): number {
    return this.littleEndian ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }

  #long8(at: number): number {
    return Number(this.littleEndian ? this.#bytes.readBigUInt64LE(at) : this.#bytes.readBigUInt64BE(at));
  }
}
