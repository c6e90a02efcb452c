import { type FileHandle, open, stat } from 'node:fs/promises';
import { fileSystem } from '../../base/file-system.ts';
import { commitFile, removeQuietly, writeFileAtomic } from '../../base/files.ts';
import { isObject } from '../../base/json-object.ts';
import { readPlainText, requirePlainFile } from '../../base/plain-file.ts';
import { digestFile } from '../digest.ts';
import { inCache } from './cache.ts';

/** So much at most is fetched again after a kill: what is known to be on the disk is written down this often. */
const SYNC_BYTES = 64 * 1024 * 1024;

/** Enough for a small file on any file system. */
const ROOM_BYTES = 256 * 1024;

/** What is written down beside the bytes. */
interface Notes {
  /** Where the file is published. */
  readonly from: string;
  readonly validator: string | undefined;
  /** Bytes from the start that are on the disk. */
  readonly sizeBytes: number;
}

/**
 * A file that is arriving, beside its place: `<name>.part`, and `<name>.part.json` with what is needed to go on. Of
 * what a killed process left, only the bytes that were brought to the disk count.
 */
export class PartialFile {
  readonly #destination: string;
  readonly #from: string;
  readonly #handle: FileHandle;
  #sizeBytes: number;
  #syncedBytes: number;
  #validator: string | undefined;
  #isCommitted = false;

  private constructor(destination: string, handle: FileHandle, notes: Notes) {
    this.#destination = destination;
    this.#from = notes.from;
    this.#handle = handle;
    this.#sizeBytes = notes.sizeBytes;
    this.#syncedBytes = notes.sizeBytes;
    this.#validator = notes.validator;
  }

  /**
   * Opens what has arrived, or begins anew where that is of another origin or cannot be gone on with.
   *
   * @throws BowerbirdError BB_MODEL_CACHE, BB_DISK_FULL
   */
  static async open(destination: string, from: string): Promise<PartialFile> {
    return inCache(destination, async () => {
      const notes = await readNotes(destination, from);
      const handle = await open(partPath(destination), notes ? 'r+' : 'w+');
      if (notes) await handle.truncate(notes.sizeBytes);
      return new PartialFile(destination, handle, notes ?? { from, validator: undefined, sizeBytes: 0 });
    });
  }

  /** Bytes that have arrived. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Bytes that stay for another command, which can show that a rest belongs to them. */
  get keptBytes(): number {
    return this.#validator === undefined ? 0 : this.#sizeBytes;
  }

  /** undefined where nothing shows that a rest would belong to what is there. */
  get validator(): string | undefined {
    return this.#validator;
  }

  /** Forgets what has arrived; what comes now is of the file that the validator stands for. */
  async restart(validator: string | undefined): Promise<void> {
    await inCache(this.#destination, async () => {
      // Notes about other bytes than those that are there would have a rest joined to the wrong file.
      await fileSystem().rm(notesPath(this.#destination), { force: true });
      await this.#handle.truncate(0);
      this.#sizeBytes = 0;
      this.#syncedBytes = 0;
      this.#validator = validator;
    });
  }

  async append(bytes: Uint8Array): Promise<void> {
    await inCache(this.#destination, async () => {
      let written = 0;
      while (written < bytes.length) {
        const { bytesWritten } = await this.#handle.write(
          bytes,
          written,
          bytes.length - written,
          this.#sizeBytes,
        );
        written += bytesWritten;
        this.#sizeBytes += bytesWritten;
      }
    });
    if (this.#sizeBytes - this.#syncedBytes >= SYNC_BYTES) await this.sync();
  }

  /** Brings what has arrived to the disk, and says so beside it. */
  async sync(): Promise<void> {
    await inCache(this.#destination, async () => {
      await this.#handle.sync();
      if (this.#validator === undefined) return;
      const notes = { from: this.#from, validator: this.#validator, size_bytes: this.#sizeBytes };
      await writeFileAtomic(notesPath(this.#destination), `${JSON.stringify(notes)}\n`);
      this.#syncedBytes = this.#sizeBytes;
    });
  }

  /** Like `sync`, on a disk that may be full: then the last bytes make room for what is said of the others. */
  async keep(): Promise<void> {
    try {
      await this.sync();
    } catch {
      this.#sizeBytes = Math.max(0, this.#sizeBytes - ROOM_BYTES);
      await this.#handle.truncate(this.#sizeBytes);
      await this.sync();
    }
  }

  /** sha256 in hex of what has arrived. */
  async digest(): Promise<string> {
    return digestFile(partPath(this.#destination));
  }

  /** Gives the file its name: fsync, rename, fsync of the folder. */
  async commit(): Promise<void> {
    await inCache(this.#destination, async () => {
      await commitFile(partPath(this.#destination), this.#destination);
      this.#isCommitted = true;
      await fileSystem().rm(notesPath(this.#destination), { force: true });
    });
  }

  /** Keeps what can be gone on with, and nothing else. */
  async close(): Promise<void> {
    await this.#handle.close();
    if (this.#isCommitted || (this.#validator !== undefined && this.#syncedBytes > 0)) return;
    await removeQuietly(partPath(this.#destination));
    await removeQuietly(notesPath(this.#destination));
  }
}

function partPath(destination: string): string {
  return `${destination}.part`;
}

function notesPath(destination: string): string {
  return `${destination}.part.json`;
}

async function readNotes(destination: string, from: string): Promise<Notes | undefined> {
  try {
    const raw: unknown = JSON.parse(await readPlainText(notesPath(destination)));
    requirePlainFile(partPath(destination));
    const { size } = await stat(partPath(destination));
    if (!isObject(raw) || raw['from'] !== from || typeof raw['validator'] !== 'string') return undefined;
    const sizeBytes = raw['size_bytes'];
    if (!Number.isSafeInteger(sizeBytes) || (sizeBytes as number) < 0 || (sizeBytes as number) > size)
      return undefined;
    return { from, validator: raw['validator'], sizeBytes: sizeBytes as number };
  } catch {
    // None, or none that helps: the file is begun anew.
    return undefined;
  }
}
