/** What a tag of an Exif block holds: a text, or numbers and fractions (`1/100`). */
export interface Field {
  readonly tag: number;
  /** How many values it says that it has. */
  readonly count: number;
  readonly values: string | readonly (number | string)[];
}

/** How a value of a type is read, and its size in bytes. */
interface ValueType {
  readonly bytes: number;
  readonly read: (view: DataView, at: number, littleEndian: boolean) => number | string;
}

const ASCII = 2;
/** A tag of more values is no fact about a picture but part of it: none of them is read, as in exifread. */
const MOST_VALUES = 999;
/** Of more numbers the first 20 are told, so that no more need be read. Bytes may be a text. */
const MOST_NUMBERS = 50;

/** The types of values (TIFF 6.0, section 2), but for texts. */
const TYPES: Readonly<Record<number, ValueType>> = {
  1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  3: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  4: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  5: {
    bytes: 8,
    read: (view, at, little) => fraction(view.getUint32(at, little), view.getUint32(at + 4, little)),
  },
  6: { bytes: 1, read: (view, at) => view.getInt8(at) },
  7: { bytes: 1, read: (view, at) => view.getUint8(at) },
  8: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  9: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  10: {
    bytes: 8,
    read: (view, at, little) => fraction(view.getInt32(at, little), view.getInt32(at + 4, little)),
  },
  11: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  12: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  13: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
};

const FRACTIONS: ReadonlySet<number> = new Set([5, 10]);

/** Reads directories of an Exif block, within its bytes: what is said to lie beyond them reads as 0. */
export class ExifBlock {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  readonly #littleEndian: boolean;

  /** @param bytes from the byte order on, which is `II` or `MM` */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#littleEndian = bytes[0] === 0x49;
  }

  /** Where the first directory is; 0 for nowhere. */
  get firstDirectory(): number {
    return this.#number(4, 4);
  }

  /** Where the directory after this one is; 0 for nowhere. */
  directoryAfter(at: number): number {
    return this.#number(4, at + 2 + 12 * this.#number(3, at));
  }

  /** The fields of a directory, as far as their types are known. */
  *fieldsOf(directory: number): Generator<Field> {
    const entries = this.#number(3, directory);
    for (let i = 0; i < entries; i++) {
      const at = directory + 2 + 12 * i;
      if (at + 12 > this.#bytes.length) return;
      const field = this.#field(at);
      if (field) yield field;
    }
  }

  #field(at: number): Field | undefined {
    const tag = this.#number(3, at);
    const type = this.#number(3, at + 2);
    const count = this.#number(4, at + 4);
    const bytes = type === ASCII ? 1 : TYPES[type]?.bytes;
    if (bytes === undefined) return undefined;
    const valuesAt = count * bytes > 4 ? this.#number(4, at + 8) : at + 8;
    if (type === ASCII)
      return { tag, count, values: textOf(this.#bytes.subarray(valuesAt, valuesAt + count)) };
    const length = count > MOST_VALUES ? 0 : Math.min(count, bytes === 1 ? MOST_VALUES : MOST_NUMBERS);
    const values = Array.from({ length }, (_, i) => this.#value(type, valuesAt + i * bytes));
    return { tag, count, values };
  }

  #number(type: 3 | 4, at: number): number {
    return this.#value(type, at) as number;
  }

  #value(type: number, at: number): number | string {
    const { bytes, read } = TYPES[type]!;
    if (at + bytes <= this.#bytes.length) return read(this.#view, at, this.#littleEndian);
    return FRACTIONS.has(type) ? fraction(0, 0) : 0;
  }
}

/** Up to the first zero byte. Exif says ASCII, cameras write UTF-8 too. */
function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  const text = end === -1 ? bytes : bytes.subarray(0, end);
  const decoded = text.toString('utf8');
  return decoded.includes('\uFFFD') ? text.toString('latin1') : decoded;
}

/** In lowest terms, as Python's Fraction is printed; of nothing, as it stands. */
function fraction(numerator: number, denominator: number): string {
  if (denominator === 0) return `${numerator}/0`;
  const divisor = greatestDivisor(Math.abs(numerator), Math.abs(denominator)) * Math.sign(denominator);
  const [above, below] = [numerator / divisor, denominator / divisor];
  return below === 1 ? String(above) : `${above}/${below}`;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
