import { crc32 } from 'node:zlib';
import { quote } from './errors.ts';
import { LIMITS } from './limits.ts';

// PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory) and 4.3.16 (its end).
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const CENTRAL_SIGNATURE = 0x02014b50;
const CENTRAL_BYTES = 46;
const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const ENCRYPTED_FLAG = 1;
const STORED_METHOD = 0;

interface CentralEntry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly storedBytes: number;
  readonly bytes: number;
  readonly localOffset: number;
  readonly nextOffset: number;
}

/**
 * The entries of a zip archive that stores without compression, as torch.save writes it, as views on `archive`.
 * Sizes come from the central directory: torch leaves those of the local headers to data descriptors. torch also
 * writes a zip64 end record; all that it says is in the plain one too below 4 GiB, so it is not read.
 *
 * @throws RangeError where the archive is cut, lies about its sizes, or holds compressed or encrypted entries
 */
export function readStoredZip(archive: Buffer): Map<string, Buffer> {
  const end = findEnd(archive);
  const count = archive.readUInt16LE(end + 10);
  const start = archive.readUInt32LE(end + 16);
  if (count > LIMITS.zipEntries) throw new RangeError(`the zip archive claims ${count} entries`);
  const entries = new Map<string, Buffer>();
  let offset = start;
  let contentBytes = 0;
  for (let i = 0; i < count; i++) {
    const entry = readCentralEntry(archive, offset, end);
    if (entries.has(entry.name)) throw new RangeError(`the zip archive has ${quote(entry.name)} twice`);
    contentBytes += entry.bytes;
    if (contentBytes > archive.length)
      throw new RangeError('the zip archive claims more bytes than the file has');
    entries.set(entry.name, contentOf(archive, entry, start));
    offset = entry.nextOffset;
  }
  return entries;
}

function findEnd(archive: Buffer): number {
  const first = Math.max(0, archive.length - END_BYTES - MAX_COMMENT_BYTES);
  for (let offset = archive.length - END_BYTES; offset >= first; offset--) {
    if (archive.readUInt32LE(offset) !== END_SIGNATURE) continue;
    const commentBytes = archive.readUInt16LE(offset + END_BYTES - 2);
    if (offset + END_BYTES + commentBytes === archive.length) return offset;
  }
  throw new RangeError('it is no complete zip archive: the end of its directory is missing');
}

function readCentralEntry(archive: Buffer, offset: number, end: number): CentralEntry {
  if (offset + CENTRAL_BYTES > end || archive.readUInt32LE(offset) !== CENTRAL_SIGNATURE) {
    throw new RangeError('the directory of the zip archive is broken');
  }
  const nameBytes = archive.readUInt16LE(offset + 28);
  const nextOffset =
    offset +
    CENTRAL_BYTES +
    nameBytes +
    archive.readUInt16LE(offset + 30) +
    archive.readUInt16LE(offset + 32);
  if (nextOffset > end) throw new RangeError('the directory of the zip archive is cut');
  return {
    name: archive.toString('utf8', offset + CENTRAL_BYTES, offset + CENTRAL_BYTES + nameBytes),
    flags: archive.readUInt16LE(offset + 8),
    method: archive.readUInt16LE(offset + 10),
    crc: archive.readUInt32LE(offset + 16),
    storedBytes: archive.readUInt32LE(offset + 20),
    bytes: archive.readUInt32LE(offset + 24),
    localOffset: archive.readUInt32LE(offset + 42),
    nextOffset,
  };
}

function contentOf(archive: Buffer, entry: CentralEntry, end: number): Buffer {
  const name = quote(entry.name);
  if (entry.flags & ENCRYPTED_FLAG) throw new RangeError(`its part ${name} is encrypted`);
  if (entry.method !== STORED_METHOD || entry.storedBytes !== entry.bytes) {
    throw new RangeError(`its part ${name} is compressed, which torch.save never does`);
  }
  const { localOffset } = entry;
  if (localOffset + LOCAL_BYTES > end || archive.readUInt32LE(localOffset) !== LOCAL_SIGNATURE) {
    throw new RangeError(`its part ${name} is not where the directory says`);
  }
  const start =
    localOffset +
    LOCAL_BYTES +
    archive.readUInt16LE(localOffset + 26) +
    archive.readUInt16LE(localOffset + 28);
  if (start + entry.bytes > end) throw new RangeError(`its part ${name} claims more bytes than the file has`);
  const content = archive.subarray(start, start + entry.bytes);
  if (crc32(content) !== entry.crc)
    throw new RangeError(`its part ${name} is damaged (the checksum differs)`);
  return content;
}
