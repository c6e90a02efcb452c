import { isUtf8 } from 'node:buffer';
import { type Dirent, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';

/** How a byte that belongs to no character is written; those below 0x80 always do. */
const ESCAPE = /\\x([89a-f][0-9a-f])/;
const LONGEST_CHARACTER_BYTES = 4;

/** A name as a text: its UTF-8, with `\xe9` for each byte that is none, so that two names never become one by their reading. */
export function nameOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const character = characterAt(bytes, at);
    name += character?.toString('utf8') ?? `\\x${bytes[at]!.toString(16)}`;
    at += character?.length ?? 1;
  }
  return name;
}

function characterAt(bytes: Buffer, at: number): Buffer | undefined {
  for (let length = 1; length <= Math.min(LONGEST_CHARACTER_BYTES, bytes.length - at); length++) {
    const character = bytes.subarray(at, at + length);
    if (isUtf8(character)) return character;
  }
  return undefined;
}

/** What Node opens a path by: the bytes that its escapes stand for, unless a file has the very name. */
export function openableAs(path: string): string | Buffer {
  if (!ESCAPE.test(path) || existsSync(path)) return path;
  // Texts and the digits of bytes take turns.
  const pieces = path.split(ESCAPE);
  return Buffer.concat(pieces.map((piece, i) => Buffer.from(piece, i % 2 === 0 ? 'utf8' : 'hex')));
}

/** A name in a folder, as `nameOf` has it, and what it is that of. */
export interface NamedEntry {
  readonly name: string;
  readonly type: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>;
}

/**
 * What is in a folder. Names that are not UTF-8 are told by what Node puts in the place of their bytes, and read as bytes.
 *
 * @throws errors of Node
 */
export async function namedEntries(path: string): Promise<NamedEntry[]> {
  const found = await readdir(openableAs(path), { withFileTypes: true });
  if (!found.some(({ name }) => name.includes('\uFFFD')))
    return found.map((type) => ({ name: type.name, type }));
  const raw = await readdir(openableAs(path), { withFileTypes: true, encoding: 'buffer' });
  return raw.map((type) => ({ name: nameOf(type.name), type }));
}
