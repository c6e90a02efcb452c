import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Header } from 'tar';

const BLOCK_BYTES = 512;
const FILES_PER_FOLDER = 5000;

/** A folder of images in folders of 5000, each with a caption beside it. @param contentOf the bytes of an image, by its number */
export function makeImageFolder(
  folder: string,
  count: number,
  contentOf: (number: number) => Uint8Array,
): void {
  for (let i = 0; i < count; i++) {
    const part = join(folder, String(Math.floor(i / FILES_PER_FOLDER)).padStart(5, '0'));
    if (i % FILES_PER_FOLDER === 0) mkdirSync(part, { recursive: true });
    const stem = join(part, nameOf(i));
    writeFileSync(`${stem}.jpg`, contentOf(i));
    writeFileSync(`${stem}.txt`, `caption ${i}`);
  }
}

/** A tar archive of images alone. @param contentOf the bytes of an image, by its number */
export async function makeArchive(
  path: string,
  count: number,
  contentOf: (number: number) => Uint8Array,
): Promise<void> {
  await pipeline(membersOf(count, contentOf), createWriteStream(path));
}

function* membersOf(count: number, contentOf: (number: number) => Uint8Array): Generator<Buffer> {
  for (let i = 0; i < count; i++) {
    const content = contentOf(i);
    const member = Buffer.alloc(BLOCK_BYTES + BLOCK_BYTES * Math.ceil(content.length / BLOCK_BYTES));
    const header = new Header({ path: `${nameOf(i)}.jpg`, size: content.length, mode: 0o644, type: 'File' });
    header.encode(member);
    member.set(content, BLOCK_BYTES);
    yield member;
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

function nameOf(number: number): string {
  return String(number).padStart(9, '0');
}
