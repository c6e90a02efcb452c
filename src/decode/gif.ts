import { decodeLzw } from './gif-lzw.ts';
import { broken } from './image-error.ts';
import { checkLimits, type ImageLimits } from './limits.ts';
import { greyPalette, isGreyRamp, paletteOf, rgbOfGrey } from './palette.ts';
import type { OpenedImage, RawImage } from './raw-image.ts';

const SCREEN_BYTES = 13;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
const COLOUR_TABLE = 0x80;
const INTERLACED = 0x40;

/** The first frame, and what it lies on. */
interface Frame {
  readonly screenWidth: number;
  readonly screenHeight: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  /** Absent where Pillow takes the indices for greys: no colour table, or one that is a plain ramp. */
  readonly palette: Uint8Array | undefined;
  readonly transparentIndex: number | undefined;
  readonly minBits: number;
  /** Where the sub-blocks of pixels begin. */
  readonly dataAt: number;
}

/**
 * Opens the first frame of a GIF as Pillow does: on its logical screen, which grows where the frame lies outside, over
 * the transparent index or 0; transparent pixels show their colour. Nothing behind that frame is read.
 */
export function openGif(bytes: Buffer, limits: ImageLimits): OpenedImage {
  const frame = readFirstFrame(bytes);
  const width = Math.max(frame.screenWidth, frame.left + frame.width);
  const height = Math.max(frame.screenHeight, frame.top + frame.height);
  checkLimits(frame, bytes.length, { ...limits, minSidePx: 0 });
  return { width, height, decode: async () => decodeFrame(bytes, frame, width, height) };
}

function readFirstFrame(bytes: Buffer): Frame {
  if (bytes.length < SCREEN_BYTES) throw broken();
  const globalTable = colourTable(bytes, SCREEN_BYTES, bytes[10]!);
  const { at, transparentIndex } = findImage(bytes, SCREEN_BYTES + (globalTable?.length ?? 0));
  if (at + 10 > bytes.length) throw broken();
  const flags = bytes[at + 8]!;
  const localTable = colourTable(bytes, at + 9, flags);
  const table = localTable ?? globalTable;
  const dataAt = at + 9 + (localTable?.length ?? 0);
  return {
    screenWidth: bytes.readUInt16LE(6),
    screenHeight: bytes.readUInt16LE(8),
    left: bytes.readUInt16LE(at),
    top: bytes.readUInt16LE(at + 2),
    width: bytes.readUInt16LE(at + 4),
    height: bytes.readUInt16LE(at + 6),
    interlaced: (flags & INTERLACED) !== 0,
    palette: table && !isGreyRamp(table) ? paletteOf(table) : undefined,
    transparentIndex,
    minBits: bytes[dataAt] ?? 0,
    dataAt: dataAt + 1,
  };
}

/** Walks the blocks to the first image: where its descriptor begins, and which index the blocks before made transparent. */
function findImage(bytes: Buffer, from: number): { at: number; transparentIndex: number | undefined } {
  let transparentIndex: number | undefined;
  let at = from;
  for (;;) {
    const kind = bytes[at++];
    if (kind === undefined || kind === TRAILER) throw broken();
    if (kind === IMAGE) return { at, transparentIndex };
    // Pillow looks at each byte between blocks until one begins.
    if (kind !== EXTENSION) continue;
    const isControl = bytes[at] === GRAPHIC_CONTROL;
    at += 1;
    const blockBytes = bytes[at] ?? 0;
    if (isControl && blockBytes >= 4 && (bytes[at + 1]! & 1) !== 0) transparentIndex = bytes[at + 4];
    at = endOfBlocks(bytes, at);
  }
}

function colourTable(bytes: Buffer, at: number, flags: number): Buffer | undefined {
  return (flags & COLOUR_TABLE) === 0 ? undefined : bytes.subarray(at, at + 3 * 2 ** ((flags & 7) + 1));
}

/** Sub-blocks end with an empty one. */
function endOfBlocks(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at]!;
  return at + 1;
}

function decodeFrame(bytes: Buffer, frame: Frame, width: number, height: number): RawImage {
  const pixels = decodeLzw(bytes.subarray(frame.dataAt), frame.minBits, frame.width * frame.height);
  const screen = new Uint8Array(width * height).fill(frame.transparentIndex ?? 0);
  const rows = frame.interlaced ? interlacedRows(frame.height) : undefined;
  for (let row = 0; row < frame.height; row++) {
    const y = frame.top + (rows ? rows[row]! : row);
    screen.set(pixels.subarray(row * frame.width, (row + 1) * frame.width), y * width + frame.left);
  }
  if (!frame.palette)
    return { kind: 'colour', data: rgbOfGrey(screen, greyPalette()), width, height, channels: 3 };
  return { kind: 'palette', data: screen, width, height, palette: frame.palette };
}

/** The order in which an interlaced frame's rows come (GIF89a, appendix E). */
function interlacedRows(height: number): number[] {
  const rows: number[] = [];
  for (const [first, step] of [
    [0, 8],
    [4, 8],
    [2, 4],
    [1, 2],
  ] as const)
    for (let y = first; y < height; y += step) rows.push(y);
  return rows;
}
