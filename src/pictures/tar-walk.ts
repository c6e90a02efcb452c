import { isUtf8 } from 'node:buffer';
import type * as Library from 'tar';
import type { Header, Pax } from 'tar';
import { nameOf } from './byte-names.ts';
import type { ByteSource } from './byte-window.ts';

/** A member of a tar archive, and where its bytes lie. */
export interface TarMember {
  readonly name: string;
  /** `other`: a link, a device, a sparse file; `cut`: a file of which the archive has only a part. */
  readonly kind: 'file' | 'folder' | 'other' | 'cut';
  /** From the beginning of the archive. */
  readonly offset: number;
  readonly bytes: number;
}

/** How an archive ended. */
export type TarEnd =
  /**
   * With the mark of its end, or without: then it may have been cut between two members. Behind a mark there may be more than zeros:
   * another archive, or what a hole cut off. `bytesBehind` counts from the first block of that.
   */
  | { readonly kind: 'whole'; readonly hasMark: boolean; readonly bytesBehind: number }
  /** In the middle of a member or a header. */
  | { readonly kind: 'cut'; readonly atByte: number }
  /** Where a header should stand, something else does. */
  | { readonly kind: 'damaged'; readonly atByte: number };

const BLOCK_BYTES = 512;
const ZEROS = Buffer.alloc(BLOCK_BYTES);
/** A longer name or extended header is none. */
const MAX_EXTENSION_BYTES = 1024 * 1024;
/** In a GNU header of a sparse file, and in the blocks that go on with it: whether another one follows. */
const SPARSE_GOES_ON_AT = 482;
const SPARSE_BLOCK_GOES_ON_AT = 504;

const PLAIN_FILES: readonly string[] = ['File', 'OldFile', 'ContiguousFile'];
const EXTENSIONS: readonly string[] = [
  'ExtendedHeader',
  'OldExtendedHeader',
  'GlobalExtendedHeader',
  'NextFileHasLongPath',
  'OldGnuLongPath',
  'NextFileHasLongLinkpath',
];
/** What says nothing of a file. */
const SKIPPED: readonly string[] = [
  'TapeVolumeHeader',
  'SolarisACL',
  'Inode',
  'GNUDumpDir',
  'ContinuationFile',
];

/** What headers before a member say of it. */
interface Extended {
  readonly pax?: Pax;
  readonly longName?: string;
  readonly isSparse?: boolean;
}

/** Walks over the members of a tar archive (ustar, PAX, GNU) by their headers: the bytes of members are passed over. */
export class TarWalk {
  readonly #library: typeof Library;
  readonly #bytes: ByteSource;
  readonly #sizeBytes: number;
  #at = 0;
  #global: Pax | undefined;
  #extended: Extended = {};
  #end: TarEnd | undefined;

  private constructor(library: typeof Library, bytes: ByteSource, sizeBytes: number) {
    this.#library = library;
    this.#bytes = bytes;
    this.#sizeBytes = sizeBytes;
  }

  /** @param sizeBytes of the archive */
  static async open(bytes: ByteSource, sizeBytes: number): Promise<TarWalk> {
    // Every command would load it otherwise.
    return new TarWalk(await import('tar'), bytes, sizeBytes);
  }

  /** How the archive ended; undefined while there may be members. */
  get end(): TarEnd | undefined {
    return this.#end;
  }

  /** The next member; undefined at the end. */
  async next(): Promise<TarMember | undefined> {
    while (!this.#end) {
      const member = await this.#step();
      if (member) return member;
    }
    return undefined;
  }

  /** Reads a header and moves behind what it announces; gives a member where it is one's. */
  async #step(): Promise<TarMember | undefined> {
    const at = this.#at;
    const block = await this.#bytes.read(at, BLOCK_BYTES);
    if (block.length < BLOCK_BYTES) {
      // A part of the mark of the end says no more than none.
      const isHeader = !block.equals(ZEROS.subarray(0, block.length));
      this.#end = isHeader
        ? { kind: 'cut', atByte: this.#sizeBytes }
        : { kind: 'whole', hasMark: false, bytesBehind: 0 };
      return undefined;
    }
    const header = this.#decode(block);
    const size = header?.size;
    if (header?.nullBlock)
      this.#end = { kind: 'whole', hasMark: true, bytesBehind: await this.#bytesBehind(at) };
    else if (!header?.cksumValid || size === undefined || !Number.isSafeInteger(size))
      this.#end = { kind: 'damaged', atByte: at };
    else return this.#pass(header, block, size);
    return undefined;
  }

  /** How many bytes the archive has from the first block behind `mark` on that is not of zeros. */
  async #bytesBehind(mark: number): Promise<number> {
    for (let at = mark + BLOCK_BYTES; ; at += BLOCK_BYTES) {
      const block = await this.#bytes.read(at, BLOCK_BYTES);
      if (block.length === 0) return 0;
      if (!block.equals(ZEROS.subarray(0, block.length))) return this.#sizeBytes - at;
    }
  }

  /** Undefined where the library cannot make numbers of the block. */
  #decode(block: Buffer): Header | undefined {
    try {
      return new this.#library.Header(block, 0, this.#extended.pax, this.#global);
    } catch {
      return undefined;
    }
  }

  async #pass(header: Header, block: Buffer, size: number): Promise<TarMember | undefined> {
    const data = this.#at + BLOCK_BYTES;
    const type = String(header.type);
    if (EXTENSIONS.includes(type)) return this.#extend(type, data, size);
    const extended = this.#extended;
    this.#extended = {};
    if (SKIPPED.includes(type)) {
      this.#moveBehind(data, size);
      return undefined;
    }
    const name = extended.longName ?? extended.pax?.path ?? plainName(header, block);
    if (type === 'SparseFile') return this.#passSparse(name, block, size);
    if (!PLAIN_FILES.includes(type)) {
      // Whatever size their headers name, links, folders and devices have no bytes, as Python's tarfile has it.
      this.#moveBehind(data, 0);
      return { name, kind: type === 'Directory' ? 'folder' : 'other', offset: data, bytes: 0 };
    }
    this.#moveBehind(data, size);
    return this.#member(name, extended.isSparse === true ? 'other' : 'file', data, size);
  }

  #member(name: string, kind: 'file' | 'other', offset: number, bytes: number): TarMember {
    if (offset + bytes <= this.#sizeBytes) return { name, kind, offset, bytes };
    this.#end = { kind: 'cut', atByte: this.#sizeBytes };
    return { name, kind: 'cut', offset, bytes };
  }

  async #passSparse(name: string, first: Buffer, size: number): Promise<TarMember> {
    let data = this.#at + BLOCK_BYTES;
    for (let goesOn = first[SPARSE_GOES_ON_AT] === 1; goesOn; data += BLOCK_BYTES) {
      const block = await this.#bytes.read(data, BLOCK_BYTES);
      goesOn = block[SPARSE_BLOCK_GOES_ON_AT] === 1;
    }
    this.#moveBehind(data, size);
    return this.#member(name, 'other', data, size);
  }

  async #extend(type: string, data: number, size: number): Promise<undefined> {
    const body = size > MAX_EXTENSION_BYTES ? undefined : await this.#bytes.read(data, size);
    if (body === undefined) this.#end = { kind: 'damaged', atByte: this.#at };
    else if (body.length < size) this.#end = { kind: 'cut', atByte: this.#sizeBytes };
    else this.#note(type, body);
    this.#moveBehind(data, size);
  }

  #note(type: string, body: Buffer): void {
    const text = body.toString('utf8');
    if (type === 'GlobalExtendedHeader') this.#global = this.#library.Pax.parse(text, this.#global, true);
    else if (type === 'NextFileHasLongPath' || type === 'OldGnuLongPath')
      this.#extended = { ...this.#extended, longName: nameOf(upToNul(body)) };
    else if (type !== 'NextFileHasLongLinkpath') {
      const isSparse = / GNU\.sparse\./.test(text);
      this.#extended = {
        ...this.#extended,
        pax: this.#library.Pax.parse(text, this.#extended.pax, false),
        isSparse,
        ...(!isUtf8(body) && rawPaxPath(body)),
      };
    }
  }

  #moveBehind(data: number, size: number): void {
    this.#at = data + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

/** The library makes one character of all bytes that are not UTF-8: names that have it are read again, as ustar and GNU have them. */
function plainName({ path = '' }: Header, block: Buffer): string {
  if (!path.includes('\uFFFD')) return path;
  const name = upToNul(block.subarray(0, 100));
  const isUstar = block.toString('latin1', 257, 265) === 'ustar\u000000';
  const prefix = upToNul(block.subarray(345, block[475] === 0 ? 475 : 500));
  return isUstar && prefix.length > 0 ? `${nameOf(prefix)}/${nameOf(name)}` : nameOf(name);
}

/** Python writes names that are not UTF-8 into extended headers as they are; the library drops such records. */
function rawPaxPath(body: Buffer): Pick<Extended, 'longName'> {
  const [, raw] = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(body.toString('latin1')) ?? [];
  return raw === undefined ? {} : { longName: nameOf(Buffer.from(raw, 'latin1')) };
}

function upToNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}
