import type { ByteSource } from './byte-source.ts';
import type { ReaderLimits } from './limits.ts';

// PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.14 (zip64 end), 4.3.15 (its locator) and 4.3.16 (end of the directory).
const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;
const MAX_BYTES_PER_ENTRY = 1024;

/** Where the directory of a zip archive lies, and how many parts it lists. */
export interface ZipDirectory {
  readonly start: number;
  readonly bytes: number;
  readonly count: number;
}

/** @throws RangeError where there is none, or it is larger than the limits allow */
export function findDirectory(source: ByteSource, { zipEntries }: ReaderLimits): ZipDirectory {
  const end = findEnd(source);
  const record = source.read(end, END_BYTES);
  const count = record.readUInt16LE(10);
  const start = record.readUInt32LE(16);
  const found = (count === 0xffff || start === 0xffffffff ? findZip64(source, end) : undefined) ?? {
    start,
    bytes: end - start,
    count,
  };
  if (found.count > zipEntries) throw new RangeError(`the zip archive claims ${found.count} entries`);
  if (found.bytes < 0 || found.bytes > zipEntries * MAX_BYTES_PER_ENTRY)
    throw new RangeError('the directory of the zip archive is broken');
  return found;
}

function findEnd(source: ByteSource): number {
  const bytes = Math.min(source.sizeBytes, END_BYTES + MAX_COMMENT_BYTES);
  const first = source.sizeBytes - bytes;
  const tail = source.read(first, bytes);
  for (let offset = tail.length - END_BYTES; offset >= 0; offset--) {
    if (tail.readUInt32LE(offset) !== END_SIGNATURE) continue;
    const commentBytes = tail.readUInt16LE(offset + END_BYTES - 2);
    if (offset + END_BYTES + commentBytes === tail.length) return first + offset;
  }
  throw new RangeError('it is no complete zip archive: the end of its directory is missing');
}

/** The second end record, which archives of more than 4 GiB have. */
function findZip64(source: ByteSource, end: number): ZipDirectory | undefined {
  if (end < LOCATOR_BYTES) return undefined;
  const locator = source.read(end - LOCATOR_BYTES, LOCATOR_BYTES);
  if (locator.readUInt32LE(0) !== LOCATOR_SIGNATURE) return undefined;
  const at = Number(locator.readBigUInt64LE(8));
  if (at + END64_BYTES > end) throw new RangeError('the directory of the zip archive is broken');
  const record = source.read(at, END64_BYTES);
  if (record.readUInt32LE(0) !== END64_SIGNATURE)
    throw new RangeError('the directory of the zip archive is broken');
  const start = Number(record.readBigUInt64LE(48));
  return { start, bytes: at - start, count: Number(record.readBigUInt64LE(32)) };
}
