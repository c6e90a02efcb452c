import type { Area, PixelRows, Pixels } from '../exact-resize.ts';
import { jpegKernel as kernel } from './kernel.ts';
import { type Frame, OddJpeg, type Scan, SegmentReader, type Table } from './segments.ts';

/** More is left to libjpeg, which decodes as well and gives its memory back. */
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;
const BLOCK_PX = 8;
/** The kernel makes rows from a multiple of it on. */
const LEFT_STEP_PX = 32;
const AC_SLOTS_AT = 4;

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
  #tables: Table[] = [];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#reader = new SegmentReader(bytes);
  }

  decode(area: Area, onRows: (rows: PixelRows) => void): void {
    const scan = this.#nextScan();
    const { frame } = this.#reader;
    expect(scan !== undefined && frame !== undefined && hasUsualColours(this.#reader, frame));
    this.#place(frame);
    expect(!frame.isProgressive);
    this.#sequential(frame, scan, new WantedRows(frame, area, onRows));
  }

  #nextScan(): Scan | undefined {
    return this.#reader.nextScan((table) => this.#tables.push(table));
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
    new Uint8Array(kernel.memory.buffer, kernel.inputAt(), this.#bytes.length).set(this.#bytes);
    for (const [index, { quantisation }] of components.entries()) kernel.setQuantisation(index, quantisation);
  }

  #defineTables(): void {
    for (const { kind, slot, at } of this.#tables)
      if (kind === 'quantisation') kernel.defineQuantisation(slot, kernel.inputAt() + at);
      else
        expect(kernel.defineHuffman(kind === 'dc' ? slot : AC_SLOTS_AT + slot, kernel.inputAt() + at) !== 0);
    this.#tables = [];
  }

  #sequential(frame: Frame, scan: Scan, rows: WantedRows): void {
    expect(scan.components.length === frame.components.length);
    expect(scan.first === 0 && scan.last === 63 && scan.high === 0 && scan.low === 0);
    const defined = new Set(this.#tables.map(({ kind, slot }) => `${kind} ${slot}`));
    for (const [i, { dcTable, acTable }] of scan.components.entries())
      expect(
        defined.has(`dc ${dcTable}`) &&
          defined.has(`ac ${acTable}`) &&
          defined.has(`quantisation ${frame.components[i]!.quantisation}`),
      );
    this.#defineTables();
    kernel.startScan(kernel.inputAt() + scan.dataAt, this.#reader.restartInterval);
    const slotsOf = (tables: readonly number[]): number =>
      tables.reduce((bits, slot, i) => bits | (slot << (2 * i)), 0);
    kernel.startSequential(
      slotsOf(scan.components.map(({ dcTable }) => dcTable)),
      slotsOf(scan.components.map(({ acTable }) => acTable)),
    );
    for (let row = 0; row < rows.mcusDown; row++) {
      const isNeeded = rows.needs(row);
      expect(kernel.decodeMcuRow(isNeeded ? rows.firstMcu : 0, isNeeded ? rows.endMcu : 0) !== 0);
      if (isNeeded) rows.take(row);
    }
    const end = kernel.scanEnd();
    expect(end !== 0);
    this.#reader.continueAt(end - kernel.inputAt());
    expect(this.#nextScan() === undefined && this.#tables.length === 0);
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
