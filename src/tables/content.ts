import { type FileHandle, open } from 'node:fs/promises';
import { codeOf, messageOf } from '../base/errors.ts';
import { TableError, unreadable } from './errors.ts';
import type { FoundInput, InputFormat, PictureFormat } from './formats.ts';
import { localPath } from './remote/remote-files.ts';

/** Enough to see magic numbers and the first words. */
export const HEAD_BYTES = 512;

interface Kind {
  /** As in "is ...". */
  readonly name: string;
  readonly matches: (head: Buffer) => boolean;
  /** What to do about it, as a sentence. */
  readonly advice: string;
}

const startsWith =
  (...magics: readonly string[]) =>
  (head: Buffer): boolean =>
    magics.some((magic) => head.toString('latin1', 0, magic.length) === magic);

/** Words that a column may be called by too: no text goes on with a control character. */
const beforeBinary =
  (magic: string) =>
  (head: Buffer): boolean =>
    startsWith(magic)(head) &&
    (head[magic.length] ?? 0) < 0x20 &&
    !/[\t\r\n]/.test(String.fromCharCode(head[magic.length] ?? 0));

const textMatches =
  (pattern: RegExp) =>
  (head: Buffer): boolean =>
    pattern.test(head.toString('utf8').replace(/^\uFEFF/, ''));

const FETCH_AGAIN = 'Whatever fetched it saved an answer in place of the file: fetch it again.';
const GIVE_FORMAT = 'Say what it is with --input-format.';
const NO_INPUT = 'It holds no list of URLs that can be read here (docs/formats.md).';

/** What stands in place of the file that was meant. */
const STAND_INS: readonly Kind[] = [
  {
    name: 'a Git LFS pointer, not the file that it points to',
    matches: startsWith('version https://git-lfs.github.com/spec/'),
    advice: 'Run `git lfs pull` in its repository.',
  },
  {
    name: 'an HTML page',
    matches: textMatches(/^\s*(<!--[\s\S]*?-->\s*)?<(!doctype\s+html|html|head|body)\b/i),
    advice: FETCH_AGAIN,
  },
  { name: 'an XML text', matches: textMatches(/^\s*<(\?xml\s|Error>)/i), advice: FETCH_AGAIN },
];

const COMPRESSED: readonly Kind[] = [
  {
    name: 'packed with bzip2',
    matches: (head) => /^BZh[1-9]1AY&SY/.test(head.toString('latin1', 0, 10)),
    advice: unpackWith('bunzip2'),
  },
  { name: 'packed with xz', matches: startsWith('\xfd7zXZ\0'), advice: unpackWith('unxz') },
  { name: 'packed with lz4', matches: startsWith('\x04\x22\x4d\x18'), advice: unpackWith('lz4 -d') },
  { name: 'a ZIP archive', matches: startsWith('PK\x03\x04', 'PK\x05\x06'), advice: unpackWith('unzip') },
  { name: 'packed with 7z', matches: startsWith("7z\xbc\xaf'\x1c"), advice: unpackWith('7z x') },
  {
    name: 'packed with Snappy frames',
    matches: startsWith('\xff\x06\0\0sNaPpY'),
    advice: unpackWith('snzip -d'),
  },
];

const PARQUET: Kind = { name: 'Parquet', matches: beforeBinary('PAR1'), advice: GIVE_FORMAT };

const OTHERS: readonly Kind[] = [
  { name: 'encrypted Parquet', matches: beforeBinary('PARE'), advice: 'Write it anew without encryption.' },
  {
    name: 'an Arrow (Feather) file',
    matches: beforeBinary('ARROW1'),
    advice: 'Write it anew as Parquet.',
  },
  { name: 'an ORC file', matches: beforeBinary('ORC'), advice: 'Write it anew as Parquet.' },
  { name: 'an Avro file', matches: startsWith('Obj\x01'), advice: 'Write it anew as Parquet.' },
  {
    name: 'a NumPy file',
    matches: startsWith('\x93NUMPY'),
    advice: 'Score stored embeddings with --input-format embeddings.',
  },
  { name: 'an HDF5 file', matches: startsWith('\x89HDF'), advice: 'Write it anew as Parquet.' },
  {
    name: 'an SQLite database',
    matches: startsWith('SQLite format 3\0'),
    advice: 'Write its table anew as Parquet.',
  },
  {
    name: 'a DuckDB database',
    matches: (head) => head.toString('latin1', 8, 12) === 'DUCK',
    advice: 'Write its table anew as Parquet.',
  },
  { name: 'a PDF', matches: startsWith('%PDF'), advice: NO_INPUT },
  {
    name: 'an image',
    matches: (head) =>
      startsWith('\x89PNG', '\xff\xd8\xff', 'GIF87a', 'GIF89a')(head) ||
      /^RIFF[\s\S]{4}WEBP|^[\s\S]{4}ftyp(avif|heic|mif1)/.test(head.toString('latin1', 0, 16)),
    advice: NO_INPUT,
  },
];

const TAR: Kind = {
  name: 'a tar archive',
  matches: (head) => head.toString('latin1', 257, 262) === 'ustar',
  advice: '--input-format webdataset scores the images in it.',
};

/** What tables are unpacked and decoded from, and lines are not. */
const PACKED_OR_WIDE: readonly Pick<Kind, 'name' | 'matches'>[] = [
  { name: 'packed with gzip', matches: startsWith('\x1f\x8b') },
  { name: 'packed with zstd', matches: startsWith('\x28\xb5\x2f\xfd') },
  { name: 'UTF-16', matches: startsWith('\xff\xfe', '\xfe\xff') },
];

const JSON_TEXT: Kind = {
  name: 'a JSON text',
  matches: textMatches(/^\s*(\{\s*("|\})|\[\s*[{[\]])/),
  advice: 'If it is an error message, fetch the file again; else say --input-format json.',
};

function unpackWith(command: string): string {
  return `Unpack it (${command}), or pack it with gzip or zstd.`;
}

/**
 * Refuses a file that begins as something else than its format: what a failed download leaves, another format, a
 * packing that is not read.
 *
 * @param head its first 512 bytes, unpacked where they are packed in a way that is read
 * @throws TableError BB_INPUT_UNREADABLE for Parquet, BB_INPUT_FORMAT for anything else
 */
export function refuseForeign({ path, format }: FoundInput<InputFormat | PictureFormat>, head: Buffer): void {
  const kind = foreignKinds(format).find(({ matches }) => matches(head));
  if (!kind) return;
  const error = head.toString('utf8', 0, 120).replace(/\s+/g, ' ').trim();
  const quoted = kind === JSON_TEXT ? ` ${error}` : '';
  throw new TableError(
    format === 'parquet' ? 'BB_INPUT_UNREADABLE' : 'BB_INPUT_FORMAT',
    `${path} is ${kind.name}${quoted}, not ${wordFor(format)}. ${kind.advice}`,
    { fields: { path, found: kind.name } },
  );
}

/** What a file is that begins with `head` and is no text in lines; undefined where it may be such a text. */
export function notLines(head: Buffer): string | undefined {
  return [...foreignKinds('txt'), ...PACKED_OR_WIDE].find(({ matches }) => matches(head))?.name;
}

function foreignKinds(format: InputFormat | PictureFormat): readonly Kind[] {
  if (format === 'parquet') return [...STAND_INS, ...COMPRESSED, ...OTHERS, TAR, JSON_TEXT];
  if (format === 'webdataset') return [...STAND_INS, ...COMPRESSED, PARQUET, ...OTHERS, JSON_TEXT];
  const common = [...STAND_INS, ...COMPRESSED, PARQUET, ...OTHERS, TAR];
  return format === 'json' || format === 'jsonl' ? common : [...common, JSON_TEXT];
}

function wordFor(format: InputFormat | PictureFormat): string {
  if (format === 'webdataset') return 'a tar archive';
  return format === 'parquet' ? 'Parquet' : format === 'txt' ? 'a list of URLs' : format.toUpperCase();
}

/** Opens an input file for reading. @throws TableError BB_INPUT_UNREADABLE */
export async function openInput(path: string): Promise<FileHandle> {
  try {
    return await open(localPath(path), 'r');
  } catch (thrown) {
    throw unreadable(path, codeOf(thrown) === 'EACCES' ? 'permission denied' : messageOf(thrown), thrown);
  }
}

/** A file's first 512 bytes and its size. @throws TableError BB_INPUT_UNREADABLE */
export async function readHead(path: string): Promise<{ head: Buffer; sizeBytes: number }> {
  const handle = await openInput(path);
  try {
    return await headOf(handle, path);
  } finally {
    await handle.close();
  }
}

/** The same of an open file. @throws TableError BB_INPUT_UNREADABLE */
export async function headOf(handle: FileHandle, path: string): Promise<{ head: Buffer; sizeBytes: number }> {
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return { head: buffer.subarray(0, bytesRead), sizeBytes: size };
  } catch (thrown) {
    const why = codeOf(thrown) === 'EISDIR' ? 'it is a folder' : messageOf(thrown);
    throw unreadable(path, why, thrown);
  }
}
