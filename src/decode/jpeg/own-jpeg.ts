import type { Area, PixelRows, Pixels } from '../exact-resize.ts';
import { jpegKernel as kernel } from './kernel.ts';
import { type Frame, OddJpeg, type Scan, SegmentReader, type Table } from './segments.ts';

/** More is left to libjpeg, which decodes as well and gives its memory back. */
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;
const BLOCK_PX = 8;
/** The kernel makes rows from a multiple of it on. */
const LEFT_STEP_PX = 32;
const AC_SLOTS_AT = 4;
const COEFFICIENTS = 64;
const LAST_COEFFICIENT = 63;
const MAX_LOW_BIT = 13;
const UNKNOWN = -1;

/**
 * Decodes a JPEG to the very pixels that libjpeg-turbo makes of it, RGB; grey is repeated.
 *
 * @param area what is wanted, at least a pixel
 * @param onRows is given the rows of the area from the top down, and columns left of it besides; their bytes are gone when it returns
 * @returns false where the file has anything unusual in it, be it damage or a rare kind: no verdict on it is given here, and the
 *   rows that were given are nothing
 */
export function decodeOwnRows(bytes: Buffer, area: Area, onRows: (rows: PixelRows) => void): boolean {
  try {
    new Decoding(bytes).decode(area, onRows);
    return true;
  } catch (thrown) {
    if (thrown instanceof OddJpeg) return false;
    throw thrown;
  }
}

/** The same for the whole picture, or undefined. */
export function decodeOwnJpeg(
  bytes: Buffer,
  { width, height }: Omit<Pixels, 'data' | 'channels'>,
): Pixels | undefined {
  let data: Uint8Array | undefined;
  const isUsual = decodeOwnRows(bytes, { left: 0, right: width, top: 0, bottom: height }, (rows) => {
    data ??= new Uint8Array(3 * width * height);
    data.set(rows.data, 3 * width * rows.row);
  });
  return isUsual && data ? { data, width, height, channels: 3 } : undefined;
}

function expect(isAsExpected: boolean): asserts isAsExpected {
  if (!isAsExpected) throw new OddJpeg();
}

class Decoding {
  readonly #bytes: Buffer;
  readonly #reader: SegmentReader;
  /** Read, and not yet defined, by kind and slot: of many for one slot the last counts, and only it is built. */
  readonly #tables = new Map<string, Table>();
  readonly #defined = new Set<string>();

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#reader = new SegmentReader(bytes);
  }

  decode(area: Area, onRows: (rows: PixelRows) => void): void {
    const scan = this.#nextScan();
    const { frame } = this.#reader;
    expect(scan !== undefined && frame !== undefined && hasUsualColours(this.#reader, frame));
    this.#place(frame);
    const rows = new WantedRows(frame, area, onRows);
    if (frame.isProgressive) this.#progressive(frame, scan, rows);
    else this.#sequential(frame, scan, rows);
  }

  #nextScan(): Scan | undefined {
    return this.#reader.nextScan((table) => this.#tables.set(`${table.kind} ${table.slot}`, table));
  }

  /** Plans the memory, and brings the file into it. */
  #place({ width, height, components, isProgressive }: Frame): void {
    const { across, down } = components[0]!;
    const needed = kernel.layOut(
      this.#bytes.length,
      width,
      height,
      components.length,
      across,
      down,
      isProgressive,
    );
    expect(needed <= MAX_MEMORY_BYTES);
    kernel.reserve(needed);
    // Where the machine has no more memory the kernel's has not grown.
    expect(kernel.memory.buffer.byteLength >= needed);
    new Uint8Array(kernel.memory.buffer, kernel.inputAt(), this.#bytes.length).set(this.#bytes);
    for (const [index, { quantisation }] of components.entries()) kernel.setQuantisation(index, quantisation);
  }

  #defineTables(): void {
    for (const [name, { kind, slot, at }] of this.#tables) {
      this.#defined.add(name);
      if (kind === 'quantisation') kernel.defineQuantisation(slot, kernel.inputAt() + at);
      else
        expect(kernel.defineHuffman(kind === 'dc' ? slot : AC_SLOTS_AT + slot, kernel.inputAt() + at) !== 0);
    }
    this.#tables.clear();
  }

  #expectTables(kind: Table['kind'], slots: readonly number[]): void {
    expect(slots.every((slot) => this.#defined.has(`${kind} ${slot}`)));
  }

  #startScan({ dataAt }: Scan): void {
    kernel.startScan(kernel.inputAt() + dataAt, this.#reader.restartInterval);
  }

  /** What follows a scan that was decoded: the next one, or nothing. */
  #scanBehind(): Scan | undefined {
    const end = kernel.scanEnd();
    expect(end !== 0);
    this.#reader.continueAt(end - kernel.inputAt());
    return this.#nextScan();
  }

  #sequential({ components }: Frame, scan: Scan, rows: WantedRows): void {
    expect(scan.components.length === components.length);
    expect(scan.first === 0 && scan.last === LAST_COEFFICIENT && scan.high === 0 && scan.low === 0);
    this.#defineTables();
    const dcTables = scan.components.map(({ dcTable }) => dcTable);
    const acTables = scan.components.map(({ acTable }) => acTable);
    this.#expectTables(
      'quantisation',
      components.map(({ quantisation }) => quantisation),
    );
    this.#expectTables('dc', dcTables);
    this.#expectTables('ac', acTables);
    this.#startScan(scan);
    kernel.startSequential(packSlots(dcTables), packSlots(acTables));
    for (let row = 0; row < rows.mcusDown; row++) {
      const isNeeded = rows.needs(row);
      expect(kernel.decodeMcuRow(isNeeded ? rows.firstMcu : 0, isNeeded ? rows.endMcu : 0) !== 0);
      if (isNeeded) rows.take(row);
    }
    expect(this.#scanBehind() === undefined && this.#tables.size === 0);
  }

  #progressive({ components }: Frame, firstScan: Scan, rows: WantedRows): void {
    kernel.clearCoefficients();
    const progress = new Progress(components.length);
    let isFirst = true;
    for (let scan: Scan | undefined = firstScan; scan; scan = this.#scanBehind()) {
      // libjpeg takes a component's quantisation table when it first meets it.
      expect(isFirst || [...this.#tables.values()].every(({ kind }) => kind !== 'quantisation'));
      isFirst = false;
      this.#defineTables();
      progress.add(scan);
      this.#progressiveScan(scan);
    }
    expect(this.#tables.size === 0 && progress.isComplete);
    this.#expectTables(
      'quantisation',
      components.map(({ quantisation }) => quantisation),
    );
    for (let row = 0; row < rows.mcusDown; row++) {
      if (!rows.needs(row)) continue;
      kernel.transformMcuRow(row, rows.firstMcu, rows.endMcu);
      rows.take(row);
    }
  }

  #progressiveScan(scan: Scan): void {
    const { components, first, last, high, low } = scan;
    this.#startScan(scan);
    if (first === 0) {
      if (high === 0)
        this.#expectTables(
          'dc',
          components.map(({ dcTable }) => dcTable),
        );
      const slots = components.reduce((bits, { index, dcTable }) => bits | (dcTable << (2 * index)), 0);
      const mask = components.reduce((bits, { index }) => bits | (1 << index), 0);
      expect(kernel.decodeDcScan(mask, slots, high > 0, low) !== 0);
      return;
    }
    const [{ index, acTable }] = components as [Scan['components'][0]];
    this.#expectTables('ac', [acTable]);
    const decode = high === 0 ? kernel.decodeAcScan : kernel.refineAcScan;
    expect(decode(index, AC_SLOTS_AT + acTable, first, last, low) !== 0);
  }
}

/** Two bits for each. */
function packSlots(slots: readonly number[]): number {
  return slots.reduce((bits, slot, i) => bits | (slot << (2 * i)), 0);
}

/** What the scans of a progressive picture have brought so far (ITU T.81, G.1.1.1). */
class Progress {
  /** Of each component and coefficient the lowest bit that is known, or that none is. */
  readonly #low: Int8Array;

  constructor(components: number) {
    this.#low = new Int8Array(components * COEFFICIENTS).fill(UNKNOWN);
  }

  /** @throws OddJpeg where a scan does not begin where the ones before it ended */
  add({ components, first, last, high, low }: Scan): void {
    expect(first === 0 ? last === 0 : first <= last && last <= LAST_COEFFICIENT && components.length === 1);
    expect(low <= MAX_LOW_BIT && (high === 0 || high === low + 1));
    for (const { index } of components) {
      const known = this.#low.subarray(index * COEFFICIENTS, (index + 1) * COEFFICIENTS);
      expect(first === 0 || known[0] !== UNKNOWN);
      expect(known.subarray(first, last + 1).every((bit) => bit === (high === 0 ? UNKNOWN : high)));
      known.fill(low, first, last + 1);
    }
  }

  /** Otherwise libjpeg smooths between the blocks. */
  get isComplete(): boolean {
    return this.#low.every((bit) => bit === 0);
  }
}

/** Hands on the rows of pixels that are wanted. */
class WantedRows {
  readonly mcusDown: number;
  /** The MCUs of a row whose samples the wanted pixels need. */
  readonly firstMcu: number;
  readonly endMcu: number;
  readonly #area: Area;
  readonly #left: number;
  readonly #mcuHeight: number;
  readonly #onRows: (rows: PixelRows) => void;
  #row: number;

  constructor({ height, components }: Frame, area: Area, onRows: (rows: PixelRows) => void) {
    const mcuWidth = BLOCK_PX * components[0]!.across;
    this.#mcuHeight = BLOCK_PX * components[0]!.down;
    this.#area = area;
    this.#left = area.left - (area.left % LEFT_STEP_PX);
    this.#onRows = onRows;
    this.#row = area.top;
    this.mcusDown = Math.ceil(height / this.#mcuHeight);
    this.firstMcu = Math.max(Math.floor(this.#left / mcuWidth) - 1, 0);
    this.endMcu = Math.ceil(area.right / mcuWidth) + 1;
  }

  /** Whether samples of a row of MCUs are needed: chroma is also taken from the row above or below. */
  needs(row: number): boolean {
    return (
      (row + 1) * this.#mcuHeight + 1 >= this.#area.top && row * this.#mcuHeight - 1 <= this.#area.bottom
    );
  }

  /** Makes pixels of a row of MCUs that was decoded. */
  take(row: number): void {
    const { right, top, bottom } = this.#area;
    const width = right - this.#left;
    const made = kernel.emitRows(row, this.#left, right, top, bottom);
    if (made === 0) return;
    const data = new Uint8Array(kernel.memory.buffer, kernel.pixelsAt(), made * width * 3);
    this.#onRows({ data, left: this.#left, width, row: this.#row });
    this.#row += made;
  }
}

const USUAL_SAMPLINGS: readonly string[] = ['1x1', '2x1', '2x2', '1x2'];
/** Narrower chroma is not smoothed by libjpeg. */
const LEAST_WIDTH_PX = 8;
const YCBCR_TRANSFORM = 1;

/** Grey, or YCbCr with chroma of the full or half the size. */
function hasUsualColours({ hasJfif, adobeTransform }: SegmentReader, { width, components }: Frame): boolean {
  const [luma, ...chroma] = components;
  const sampling = `${luma!.across}x${luma!.down}`;
  if (chroma.length === 0) return sampling === '1x1';
  if (chroma.length !== 2 || width < LEAST_WIDTH_PX) return false;
  if (adobeTransform !== undefined && adobeTransform !== YCBCR_TRANSFORM) return false;
  if (!hasJfif && adobeTransform === undefined && !components.every(({ id }, i) => id === i + 1))
    return false;
  return USUAL_SAMPLINGS.includes(sampling) && chroma.every(({ across, down }) => across === 1 && down === 1);
}
