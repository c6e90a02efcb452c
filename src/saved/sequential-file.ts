import { fileSystem, type OpenFile } from '../base/file-system.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Writes a new file from its beginning to its end, small pieces together. */
export class SequentialFile {
  readonly #file: OpenFile;
  #pieces: Uint8Array[] = [];
  #waitingBytes = 0;

  private constructor(file: OpenFile) {
    this.#file = file;
  }

  /** @throws errors of the file system: EEXIST where the name is taken */
  static async open(path: string): Promise<SequentialFile> {
    return new SequentialFile(await fileSystem().open(path, 'wx'));
  }

  async write(piece: Uint8Array): Promise<void> {
    this.#pieces.push(piece);
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes >= CHUNK_BYTES) await this.flush();
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#waitingBytes = 0;
    await this.#file.writeFile(Buffer.concat(pieces));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
