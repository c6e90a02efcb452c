import type { Header } from 'tar';
import { SequentialFile } from './sequential-file.ts';

/** A file in an archive. */
export interface NewMember {
  /** At most 100 bytes of ASCII. */
  readonly name: string;
  readonly content: Uint8Array;
}

const BLOCK_BYTES = 512;
const MODE = 0o644;

/**
 * Writes a tar archive (ustar). The same members give the same bytes: nobody owns them, and all are of 1970.
 *
 * @throws errors of the file system, and what `members` throws
 */
export async function writeTar(path: string, members: AsyncIterable<NewMember>): Promise<void> {
  // Every command would load it otherwise.
  const { Header: HeaderOf } = await import('tar');
  const file = await SequentialFile.open(path);
  try {
    for await (const { name, content } of members) {
      await file.write(headerBlock(new HeaderOf(describe(name, content)), name));
      await file.write(content);
      await file.write(Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES));
    }
    await file.write(Buffer.alloc(2 * BLOCK_BYTES));
    await file.flush();
  } finally {
    await file.close();
  }
}

function describe(name: string, content: Uint8Array): ConstructorParameters<typeof Header>[0] {
  return {
    path: name,
    mode: MODE,
    uid: 0,
    gid: 0,
    size: content.length,
    mtime: new Date(0),
    type: 'File',
    uname: '',
    gname: '',
  } as ConstructorParameters<typeof Header>[0];
}

function headerBlock(header: Header, name: string): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  if (header.encode(block, 0)) throw new Error(`${name} does not fit a plain header`);
  return block;
}
