import { crc32, inflateRawSync } from 'node:zlib';
import { messageOf } from '../base/errors.ts';
import { quote } from '../base/quote.ts';
import type { ByteSource } from './byte-source.ts';
import type { ReaderLimits } from './limits.ts';
import { findDirectory } from './zip-directory.ts';

// PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7 (local header) and 4.3.12 (central directory), 4.5.3 (zip64 field).
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const CENTRAL_SIGNATURE = 0x02014b50;
const CENTRAL_BYTES = 46;
const ZIP64_FIELD = 1;
const IN_ZIP64_FIELD = 0xffffffff;
const ENCRYPTED_FLAG = 1;
const STORED_METHOD = 0;
const DEFLATED_METHOD = 8;
const CHUNK_BYTES = 1 << 22;

/** A part of an archive as the directory lists it. Nothing of it has been read. */
interface ListedPart {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly storedBytes: number;
  readonly bytes: number;
  readonly localOffset: number;
}

/** Where the bytes of a part lie. */
export interface PartPlace {
  readonly start: number;
  readonly bytes: number;
}

/**
 * A zip archive, read in place: torch.save stores its parts without compression, other writers deflate them. Sizes come
 * from the central directory: torch leaves those of the local headers to data descriptors. What a part claims is held
 * against the file when the part is asked for; a compressed part that nobody asks for (TorchScript has some) is no fault.
 */
export class ZipArchive {
  readonly source: ByteSource;
  readonly #parts: ReadonlyMap<string, ListedPart>;
  /** Where the directory starts: all parts end before it. */
  readonly #end: number;
  readonly #verified = new Set<string>();

  /** @throws RangeError where the archive is cut, its directory is broken, or lists more bytes than the file has */
  constructor(source: ByteSource, limits: ReaderLimits) {
    this.source = source;
    const { start, bytes, count } = findDirectory(source, limits);
    this.#parts = readParts(source.read(start, bytes), count, source.sizeBytes);
    this.#end = start;
  }

  get names(): Iterable<string> {
    return this.#parts.keys();
  }

  /**
   * The content of a part, inflated where it is deflated, its checksum verified; undefined where there is none. Memory is
   * taken for the size that the directory claims, never more.
   *
   * @throws RangeError where it claims more than `maxBytes`, or is not as long as the directory says
   */
  unpack(name: string, maxBytes: number): Buffer | undefined {
    const part = this.#parts.get(name);
    if (!part) return undefined;
    const told = quote(name);
    if (part.bytes > maxBytes)
      throw new RangeError(`its part ${told} has ${part.bytes} bytes, and at most ${maxBytes} are read`);
    if (part.method === STORED_METHOD) return this.read(name);
    if (part.method !== DEFLATED_METHOD)
      throw new RangeError(
        `its part ${told} is packed by method ${part.method}; stored and deflated ones are read`,
      );
    const content = inflate(this.source.read(this.#locate(part), part.storedBytes), part);
    if (crc32(content) !== part.crc) throw damaged(name);
    return content;
  }

  /** The whole of a stored part, its checksum verified; undefined where there is none. @throws RangeError */
  read(name: string): Buffer | undefined {
    const place = this.place(name);
    if (!place) return undefined;
    this.verify(name);
    return this.source.read(place.start, place.bytes);
  }

  /** Where a part lies; undefined where there is none. @throws RangeError where it cannot lie there, or is not stored */
  place(name: string): PartPlace | undefined {
    const part = this.#parts.get(name);
    if (!part) return undefined;
    if (part.flags & ENCRYPTED_FLAG) throw encrypted(name);
    if (part.method !== STORED_METHOD || part.storedBytes !== part.bytes)
      throw new RangeError(`its part ${quote(name)} is compressed, which torch.save never does`);
    return { start: this.#locate(part), bytes: part.bytes };
  }

  /** Where the bytes of a part start. */
  #locate({ name, flags, localOffset, storedBytes }: ListedPart): number {
    if (flags & ENCRYPTED_FLAG) throw encrypted(name);
    const header =
      localOffset + LOCAL_BYTES > this.#end ? undefined : this.source.read(localOffset, LOCAL_BYTES);
    if (header?.readUInt32LE(0) !== LOCAL_SIGNATURE)
      throw new RangeError(`its part ${quote(name)} is not where the directory says`);
    const start = localOffset + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (start + storedBytes > this.#end)
      throw new RangeError(`its part ${quote(name)} claims more bytes than the file has`);
    return start;
  }

  /** Holds a part against its checksum, once. @throws RangeError */
  verify(name: string): void {
    const place = this.place(name);
    if (!place || this.#verified.has(name)) return;
    let sum = 0;
    for (let done = 0; done < place.bytes; done += CHUNK_BYTES) {
      const bytes = Math.min(CHUNK_BYTES, place.bytes - done);
      sum = crc32(this.source.read(place.start + done, bytes), sum);
    }
    if (sum !== this.#parts.get(name)!.crc) throw damaged(name);
    this.#verified.add(name);
  }
}

function inflate(raw: Buffer, part: ListedPart): Buffer {
  try {
    const content = inflateRawSync(raw, { maxOutputLength: Math.max(part.bytes, 1) });
    if (content.length === part.bytes) return content;
  } catch (thrown) {
    throw new RangeError(`its part ${quote(part.name)} cannot be inflated: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  throw new RangeError(`its part ${quote(part.name)} has another size than the directory says`);
}

function encrypted(name: string): RangeError {
  return new RangeError(`its part ${quote(name)} is encrypted`);
}

function damaged(name: string): RangeError {
  return new RangeError(`its part ${quote(name)} is damaged (the checksum differs)`);
}

function readParts(directory: Buffer, count: number, fileBytes: number): Map<string, ListedPart> {
  const parts = new Map<string, ListedPart>();
  let offset = 0;
  let contentBytes = 0;
  for (let i = 0; i < count; i++) {
    const { part, next } = readPart(directory, offset);
    if (parts.has(part.name)) throw new RangeError(`the zip archive has ${quote(part.name)} twice`);
    contentBytes += part.storedBytes;
    if (contentBytes > fileBytes) throw new RangeError('the zip archive claims more bytes than the file has');
    parts.set(part.name, part);
    offset = next;
  }
  return parts;
}

function readPart(directory: Buffer, offset: number): { part: ListedPart; next: number } {
  if (offset + CENTRAL_BYTES > directory.length || directory.readUInt32LE(offset) !== CENTRAL_SIGNATURE) {
    throw new RangeError('the directory of the zip archive is broken');
  }
  const nameEnd = offset + CENTRAL_BYTES + directory.readUInt16LE(offset + 28);
  const extraEnd = nameEnd + directory.readUInt16LE(offset + 30);
  const next = extraEnd + directory.readUInt16LE(offset + 32);
  if (next > directory.length) throw new RangeError('the directory of the zip archive is cut');
  const [bytes, storedBytes, localOffset] = withZip64(
    [24, 20, 42].map((at) => directory.readUInt32LE(offset + at)),
    directory.subarray(nameEnd, extraEnd),
  ) as [number, number, number];
  const part = {
    name: directory.toString('utf8', offset + CENTRAL_BYTES, nameEnd),
    flags: directory.readUInt16LE(offset + 8),
    method: directory.readUInt16LE(offset + 10),
    crc: directory.readUInt32LE(offset + 16),
    bytes,
    storedBytes,
    localOffset,
  };
  return { part, next };
}

/** Numbers of more than 32 bits stand in an extra field, those alone, in this order: size, stored size, offset. */
function withZip64(numbers: readonly number[], extra: Buffer): number[] {
  const field = zip64Field(extra);
  let at = 0;
  return numbers.map((number) => {
    if (number !== IN_ZIP64_FIELD || !field || at + 8 > field.length) return number;
    at += 8;
    return Number(field.readBigUInt64LE(at - 8));
  });
}

function zip64Field(extra: Buffer): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === ZIP64_FIELD && end <= extra.length) return extra.subarray(at + 4, end);
  }
  return undefined;
}
