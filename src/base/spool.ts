import { type FileHandle, open } from 'node:fs/promises';
import { removeQuietly, writing } from './files.ts';

/** Where a piece lies in a spool. */
export interface SpoolPlace {
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Pieces of bytes that wait on the disk in one file, in whatever order they come, until each is asked for by its place. Nothing of it
 * lasts: it is not brought to the disk, and gone with `close`, or with the next start.
 */
export class Spool {
  readonly path: string;
  readonly #handle: FileHandle;
  #sizeBytes = 0;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Makes the file, which must not be there. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
  static async open(path: string): Promise<Spool> {
    return writing(path, async () => new Spool(path, await open(path, 'wx+')));
  }

  /** What has been written so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Adds a piece; many may be on their way at once. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
  async add(piece: Uint8Array): Promise<SpoolPlace> {
    const place = { offset: this.#sizeBytes, bytes: piece.length };
    this.#sizeBytes += piece.length;
    await writing(this.path, async () => {
      for (let done = 0; done < piece.length; ) {
        const { bytesWritten } = await this.#handle.write(
          piece,
          done,
          piece.length - done,
          place.offset + done,
        );
        done += bytesWritten;
      }
    });
    return place;
  }

  /** A piece that was added. */
  async read({ offset, bytes }: SpoolPlace): Promise<Buffer> {
    const piece = Buffer.allocUnsafeSlow(bytes);
    const { bytesRead } = await this.#handle.read(piece, 0, bytes, offset);
    if (bytesRead < bytes) throw new Error(`${this.path} was cut short while it was in use`);
    return piece;
  }

  /** Removes the file. */
  async close(): Promise<void> {
    await this.#handle.close();
    await removeQuietly(this.path);
  }
}
