import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { codeOf, messageOf } from '../base/errors.ts';
import { requirePlainFile } from '../base/plain-file.ts';
import { refused, unreadable } from './errors.ts';

/** Reads the files that make up one head, and digests them in the order in which they are read. */
export class HeadFiles {
  readonly #hash = createHash('sha256');

  /**
   * The whole of a file.
   *
   * @throws HeadError BB_HEAD_UNREADABLE, or BB_HEAD_REFUSED where it has more than `maxBytes`
   */
  async read(path: string, maxBytes: number): Promise<Buffer> {
    const content = await this.readIfPresent(path, maxBytes);
    if (!content) throw unreadable(path, 'there is no such file');
    return content;
  }

  /** The same; undefined where there is no such file. */
  async readIfPresent(path: string, maxBytes: number): Promise<Buffer | undefined> {
    let handle: FileHandle | undefined;
    try {
      requirePlainFile(path);
      handle = await open(path, 'r');
      const content = await readBounded(handle, path, maxBytes);
      this.#hash.update(content);
      return content;
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') return undefined;
      if (codeOf(thrown)?.startsWith('BB_')) throw thrown;
      throw unreadable(path, messageOf(thrown), thrown);
    } finally {
      await handle?.close();
    }
  }

  /** sha256 in hex of all that was read; of a single file it is what sha256sum prints. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}

async function readBounded(handle: FileHandle, path: string, maxBytes: number): Promise<Buffer> {
  const found = await handle.stat();
  if (found.size > maxBytes)
    throw refused(path, `it has ${found.size} bytes, and at most ${maxBytes} are read`);
  const content = Buffer.alloc(found.size);
  const { bytesRead } = await handle.read(content, 0, content.length, 0);
  return content.subarray(0, bytesRead);
}
