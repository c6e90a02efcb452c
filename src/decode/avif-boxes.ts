import { broken } from './image-error.ts';

/** What an AVIF's header says, as far as size and cost go. */
export interface AvifHeader {
  readonly width: number;
  readonly height: number;
  /** Pixels of all images that the file describes: the picture, its alpha, the cells of a grid. */
  readonly describedPixels: number;
}

/** A box's kind, and where its content is. */
interface Box {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Which properties an item has, by their places in the list, from 1 on. */
type Associations = ReadonlyMap<number, readonly number[]>;

const BOX_HEADER_BYTES = 8;
/** Version and flags, which a full box has before its content. */
const VERSION_BYTES = 4;
const MAX_PROPERTIES = 65_536;

/**
 * Reads the sizes of an AVIF's images without a decoder (ISO/IEC 23008-12: meta, pitm, iprp, ipco, ipma, ispe).
 *
 * @throws ImageError image_broken where there is no size for the primary image
 */
export function readAvifHeader(bytes: Buffer): AvifHeader {
  const meta = boxesIn(bytes, 0, bytes.length).find(({ kind }) => kind === 'meta');
  const inMeta = meta ? boxesIn(bytes, meta.start + VERSION_BYTES, meta.end) : [];
  const properties = inMeta.find(({ kind }) => kind === 'iprp');
  const inProperties = properties ? boxesIn(bytes, properties.start, properties.end) : [];
  const primary = primaryItem(bytes, inMeta);
  const sizes = propertySizes(bytes, inProperties);
  let describedPixels = 0;
  let size: Size | undefined;
  for (const [item, indices] of associations(bytes, inProperties)) {
    const own = indices.map((index) => sizes[index - 1]).find((each) => each !== undefined);
    describedPixels += own ? own.width * own.height : 0;
    if (item === primary) size = own;
  }
  if (!size) throw broken();
  return { ...size, describedPixels };
}

/** The boxes that lie side by side between two places of the file. */
function boxesIn(bytes: Buffer, from: number, end: number): Box[] {
  const boxes: Box[] = [];
  let at = from;
  while (at + BOX_HEADER_BYTES <= end && boxes.length < MAX_PROPERTIES) {
    const claimed = bytes.readUInt32BE(at);
    const long = claimed === 1;
    if (long && at + 16 > end) break;
    const length = long ? Number(bytes.readBigUInt64BE(at + 8)) : claimed === 0 ? end - at : claimed;
    const start = at + (long ? 16 : BOX_HEADER_BYTES);
    if (at + length < start) break;
    boxes.push({ kind: bytes.toString('latin1', at + 4, at + 8), start, end: Math.min(at + length, end) });
    at += length;
  }
  return boxes;
}

function primaryItem(bytes: Buffer, boxes: readonly Box[]): number | undefined {
  const box = boxes.find(({ kind }) => kind === 'pitm');
  if (!box || box.end - box.start < VERSION_BYTES + 4 - (bytes[box.start] === 0 ? 2 : 0)) return undefined;
  const at = box.start + VERSION_BYTES;
  return bytes[box.start] === 0 ? bytes.readUInt16BE(at) : bytes.readUInt32BE(at);
}

/** For each property of the list its size, where it is one. */
function propertySizes(bytes: Buffer, boxes: readonly Box[]): (Size | undefined)[] {
  const list = boxes.find(({ kind }) => kind === 'ipco');
  if (!list) return [];
  return boxesIn(bytes, list.start, list.end).map(({ kind, start, end }) =>
    kind === 'ispe' && end - start >= 12
      ? { width: bytes.readUInt32BE(start + 4), height: bytes.readUInt32BE(start + 8) }
      : undefined,
  );
}

function associations(bytes: Buffer, boxes: readonly Box[]): Associations {
  const found = new Map<number, readonly number[]>();
  for (const { start, end } of boxes.filter(({ kind }) => kind === 'ipma')) {
    if (end - start < VERSION_BYTES + 4) continue;
    const itemBytes = bytes[start] === 0 ? 2 : 4;
    const indexBytes = (bytes[start + 3]! & 1) === 0 ? 1 : 2;
    const count = bytes.readUInt32BE(start + VERSION_BYTES);
    let at = start + VERSION_BYTES + 4;
    for (let i = 0; i < count && at + itemBytes < end; i++) {
      const item = bytes.readUIntBE(at, itemBytes);
      const indices = bytes[at + itemBytes]!;
      at += itemBytes + 1;
      if (at + indices * indexBytes > end) break;
      found.set(item, readIndices(bytes, at, indices, indexBytes));
      at += indices * indexBytes;
    }
  }
  return found;
}

/** The highest bit says that a property is essential. */
function readIndices(bytes: Buffer, at: number, count: number, indexBytes: 1 | 2): number[] {
  const mask = indexBytes === 1 ? 0x7f : 0x7fff;
  return Array.from({ length: count }, (_, i) => bytes.readUIntBE(at + i * indexBytes, indexBytes) & mask);
}
