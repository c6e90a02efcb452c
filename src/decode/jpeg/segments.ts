/** A component of a frame, in the frame's order. */
export interface Component {
  readonly id: number;
  /** Sampling factors, across and down. */
  readonly across: number;
  readonly down: number;
  readonly quantisation: number;
}

/** What a frame header says (ITU T.81, B.2.2). */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly isProgressive: boolean;
  readonly components: readonly Component[];
}

/** What a scan header says (B.2.3), and where its entropy-coded data begin. */
export interface Scan {
  /** By their place in the frame. */
  readonly components: readonly {
    readonly index: number;
    readonly dcTable: number;
    readonly acTable: number;
  }[];
  readonly first: number;
  readonly last: number;
  readonly high: number;
  readonly low: number;
  readonly dataAt: number;
}

/** A table, and where in the file its values begin: 64 of a quantisation table; of a Huffman table 16 counts and its symbols. */
export interface Table {
  readonly kind: 'quantisation' | 'dc' | 'ac';
  readonly slot: number;
  readonly at: number;
}

const MARKER = {
  startOfBaseline: 0xc0,
  startOfExtended: 0xc1,
  startOfProgressive: 0xc2,
  huffman: 0xc4,
  endOfImage: 0xd9,
  startOfScan: 0xda,
  quantisation: 0xdb,
  restartInterval: 0xdd,
  application0: 0xe0,
  application14: 0xee,
  application15: 0xef,
  comment: 0xfe,
} as const;
const QUANTISATION_VALUES = 64;
const HUFFMAN_COUNTS = 16;
const MAX_SYMBOLS = 256;
const TABLE_SLOTS = 4;

/** Thrown where a file has something that is not decoded here; never leaves this folder. */
export class OddJpeg extends Error {}

function expect(isAsExpected: boolean): asserts isAsExpected {
  if (!isAsExpected) throw new OddJpeg();
}

/**
 * Reads the marker segments of a JPEG in their order, and takes them only as every encoder writes them: whatever is unusual,
 * though a decoder may read it or warn of it, is an OddJpeg.
 */
export class SegmentReader {
  frame: Frame | undefined;
  restartInterval = 0;
  hasJfif = false;
  adobeTransform: number | undefined;
  readonly #bytes: Buffer;
  #at = 2;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Goes on at a place in the file, behind a scan. */
  continueAt(at: number): void {
    this.#at = at;
  }

  /**
   * Reads on up to the next scan's data, or the end of the image.
   *
   * @param onTable is given every table on the way
   * @throws OddJpeg
   */
  nextScan(onTable: (table: Table) => void): Scan | undefined {
    const bytes = this.#bytes;
    for (;;) {
      expect(this.#at + 2 <= bytes.length && bytes[this.#at] === 0xff);
      const marker = bytes[this.#at + 1]!;
      if (marker === MARKER.endOfImage) return undefined;
      const at = this.#at + 4;
      expect(at <= bytes.length);
      const end = this.#at + 2 + bytes.readUInt16BE(this.#at + 2);
      expect(end >= at && end <= bytes.length);
      this.#at = end;
      if (marker === MARKER.startOfScan) return this.#scan(at, end);
      this.#segment(marker, at, end, onTable);
    }
  }

  #segment(marker: number, at: number, end: number, onTable: (table: Table) => void): void {
    switch (marker) {
      case MARKER.startOfBaseline:
      case MARKER.startOfExtended:
      case MARKER.startOfProgressive:
        expect(this.frame === undefined);
        this.frame = this.#frame(marker, at, end);
        return;
      case MARKER.huffman:
        this.#huffmanTables(at, end, onTable);
        return;
      case MARKER.quantisation:
        this.#quantisationTables(at, end, onTable);
        return;
      case MARKER.restartInterval:
        expect(end - at === 2);
        this.restartInterval = this.#bytes.readUInt16BE(at);
        return;
      case MARKER.application0:
        if (this.#isText(at, end, 'JFIF\0', 14)) this.hasJfif = true;
        return;
      case MARKER.application14:
        if (this.#isText(at, end, 'Adobe', 12)) this.adobeTransform = this.#bytes[at + 11]!;
        return;
      default:
        expect(
          (marker >= MARKER.application0 && marker <= MARKER.application15) || marker === MARKER.comment,
        );
    }
  }

  #isText(at: number, end: number, text: string, leastBytes: number): boolean {
    return end - at >= leastBytes && this.#bytes.toString('latin1', at, at + text.length) === text;
  }

  #frame(marker: number, at: number, end: number): Frame {
    const bytes = this.#bytes;
    expect(end - at >= 6 && bytes[at] === 8);
    const count = bytes[at + 5]!;
    expect(end - at === 6 + 3 * count);
    const components = Array.from({ length: count }, (_, i) => {
      const [id, sampling, quantisation] = bytes.subarray(at + 6 + 3 * i, at + 9 + 3 * i) as unknown as [
        number,
        number,
        number,
      ];
      return { id, across: sampling >> 4, down: sampling & 15, quantisation };
    });
    expect(new Set(components.map(({ id }) => id)).size === count);
    expect(components.every(({ quantisation }) => quantisation < TABLE_SLOTS));
    const [height, width] = [bytes.readUInt16BE(at + 1), bytes.readUInt16BE(at + 3)];
    expect(width > 0 && height > 0);
    return { width, height, isProgressive: marker === MARKER.startOfProgressive, components };
  }

  #quantisationTables(from: number, end: number, onTable: (table: Table) => void): void {
    for (let at = from; at < end; at += 1 + QUANTISATION_VALUES) {
      const slot = this.#bytes[at]!;
      // The upper half is the precision: 8 bits.
      expect(slot < TABLE_SLOTS && at + 1 + QUANTISATION_VALUES <= end);
      onTable({ kind: 'quantisation', slot, at: at + 1 });
    }
  }

  #huffmanTables(from: number, end: number, onTable: (table: Table) => void): void {
    for (let at = from; at < end; ) {
      expect(at + 1 + HUFFMAN_COUNTS <= end);
      const [kind, slot] = [this.#bytes[at]! >> 4, this.#bytes[at]! & 15];
      const counts = this.#bytes.subarray(at + 1, at + 1 + HUFFMAN_COUNTS);
      const symbols = counts.reduce((sum, count) => sum + count, 0);
      expect(kind <= 1 && slot < TABLE_SLOTS && symbols <= MAX_SYMBOLS);
      onTable({ kind: kind === 0 ? 'dc' : 'ac', slot, at: at + 1 });
      at += 1 + HUFFMAN_COUNTS + symbols;
      expect(at <= end);
    }
  }

  #scan(at: number, end: number): Scan {
    const bytes = this.#bytes;
    const { frame } = this;
    expect(frame !== undefined && end - at >= 1);
    const count = bytes[at]!;
    expect(count >= 1 && count <= frame.components.length && end - at === 4 + 2 * count);
    const components = Array.from({ length: count }, (_, i) => {
      const index = frame.components.findIndex(({ id }) => id === bytes[at + 1 + 2 * i]);
      const tables = bytes[at + 2 + 2 * i]!;
      expect(index >= 0 && tables >> 4 < TABLE_SLOTS && (tables & 15) < TABLE_SLOTS);
      return { index, dcTable: tables >> 4, acTable: tables & 15 };
    });
    expect(components.every(({ index }, i) => i === 0 || index > components[i - 1]!.index));
    const [first, last, bits] = bytes.subarray(end - 3, end) as unknown as [number, number, number];
    return { components, first, last, high: bits >> 4, low: bits & 15, dataAt: end };
  }
}
