import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, isMissing, messageOf } from '../base/errors.ts';
import { fileSystem } from '../base/file-system.ts';
import {
  commitFile,
  commitFileOnce,
  listFiles,
  makeFolders,
  removeQuietly,
  TEMPORARY_SUFFIX,
  temporaryPath,
  writeError,
  writeNewFile,
  writing,
} from '../base/files.ts';
import type { Content, ReadOptions, Storage, StoredObject, StreamOptions } from './contract.ts';
import { changed, denied, notFound, refused } from './errors.ts';
import type { StorageCounts } from './retry.ts';
import { filePathOf } from './url.ts';

const PIECE_BYTES = 1024 * 1024;

/** The file systems of this machine: keys are absolute paths, what is written is brought to the disk. */
export class FileStorage implements Storage {
  readonly scheme = 'file';
  readonly counts: StorageCounts = { requests: 0, retries: 0, readBytes: 0, writtenBytes: 0 };

  async stat(url: string): Promise<StoredObject | undefined> {
    const path = filePathOf(url);
    this.counts.requests++;
    try {
      const stats = await fileSystem().stat(path);
      return stats.isFile() ? storedFile(path, stats) : undefined;
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw fileError(path, thrown);
    }
  }

  async *list(prefixUrl: string): AsyncIterable<StoredObject> {
    const folder = filePathOf(prefixUrl);
    const paths = await listFiles(folder).catch((thrown: unknown) => {
      if (isMissing(thrown)) return [];
      throw fileError(folder, thrown);
    });
    const keyed = paths.map((path) => ({ path, key: Buffer.from(path) }));
    keyed.sort((a, b) => Buffer.compare(a.key, b.key));
    for (const { path } of keyed) {
      if (path.endsWith(TEMPORARY_SUFFIX)) continue;
      const found = await this.stat(path);
      if (found) yield found;
    }
  }

  async readRange(url: string, from: number, bytes: number, options: ReadOptions = {}): Promise<Buffer> {
    const path = filePathOf(url);
    return this.#reading(path, options, async (handle) => {
      const range = Buffer.allocUnsafeSlow(bytes);
      for (let read = 0; read < bytes; ) {
        const { bytesRead } = await handle.read(range, read, bytes - read, from + read);
        if (bytesRead === 0) throw changed(path, 'it ends before what is read of it');
        read += bytesRead;
      }
      this.counts.readBytes += bytes;
      return range;
    });
  }

  async *readStream(url: string, options: StreamOptions = {}): AsyncIterable<Buffer> {
    const path = filePathOf(url);
    const { bytes, tag } = await this.#reading(path, options, async (handle) =>
      storedFile(path, await handle.stat()),
    );
    const range = options.range ?? { from: 0, bytes };
    const end = range.from + range.bytes;
    for (let at = range.from; at < end; at += PIECE_BYTES)
      yield await this.readRange(path, at, Math.min(PIECE_BYTES, end - at), { tag });
  }

  async putIfAbsent(url: string, content: Content): Promise<boolean> {
    return this.#committing(filePathOf(url), content, commitFileOnce);
  }

  async put(url: string, content: Content): Promise<void> {
    await this.#committing(filePathOf(url), content, commitFile);
  }

  async putIfTag(url: string, content: Content, tag: string): Promise<boolean> {
    if ((await this.stat(url))?.tag !== tag) return false;
    await this.put(url, content);
    return true;
  }

  async copy(fromUrl: string, toUrl: string): Promise<void> {
    const source = filePathOf(fromUrl);
    if (!(await this.stat(source))) throw notFound(source, 'file');
    await this.put(toUrl, source);
  }

  async delete(url: string): Promise<void> {
    const path = filePathOf(url);
    this.counts.requests++;
    await writing(path, () => fileSystem().rm(path, { force: true }));
  }

  /** Temporary files are removed by who owns the folder. */
  async removeLeftovers(): Promise<number> {
    return 0;
  }

  async #committing<T>(
    path: string,
    content: Content,
    commit: (temporary: string, path: string) => Promise<T>,
  ): Promise<T> {
    const temporary = temporaryPath(path);
    this.counts.requests++;
    try {
      await makeFolders(dirname(path));
      if (typeof content === 'string')
        await fileSystem().copyFile(content, temporary, constants.COPYFILE_EXCL);
      else await writeNewFile(temporary, content);
      this.counts.writtenBytes += (await fileSystem().stat(temporary)).size;
      return await commit(temporary, path);
    } catch (thrown) {
      await removeQuietly(temporary);
      throw writeError(thrown, path);
    }
  }

  async #reading<T>(
    path: string,
    { tag }: ReadOptions,
    read: (handle: FileHandle) => Promise<T>,
  ): Promise<T> {
    let handle: FileHandle | undefined;
    this.counts.requests++;
    try {
      handle = await open(path, 'r');
      const stats = await handle.stat();
      if (tag !== undefined && storedFile(path, stats).tag !== tag) throw changed(path, 'it was written');
      return await read(handle);
    } catch (thrown) {
      throw fileError(path, thrown);
    } finally {
      await handle?.close();
    }
  }
}

function storedFile(path: string, stats: Stats): StoredObject {
  return { url: path, bytes: stats.size, tag: `${stats.mtimeMs}-${stats.ino}-${stats.size}` };
}

function fileError(path: string, thrown: unknown): unknown {
  if (!(thrown instanceof Error && 'errno' in thrown)) return thrown;
  if (isMissing(thrown)) return notFound(path, 'file', thrown);
  const isDenied = ['EACCES', 'EPERM'].includes(codeOf(thrown) ?? '');
  if (isDenied) return denied(path, messageOf(thrown), { cause: thrown, isOfObject: true });
  return refused(path, messageOf(thrown), thrown);
}
