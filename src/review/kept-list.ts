import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileSystem, type OpenFile } from '../base/file-system.ts';
import { syncPath, writing } from '../base/files.ts';
import { isObject } from '../base/json-object.ts';
import { requirePlainFile, requireSameFile } from '../base/plain-file.ts';
import { type SampleName, sampleId } from '../feedback/answer.ts';
import { checkSample } from '../feedback/check.ts';

/** A file that an answer made. */
export interface KeptFile {
  /** In the folder. */
  readonly file: string;
  /** Of its bytes, hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** The file's number on its file system: another file of the same name has another. */
  readonly inode: number;
  readonly sample: SampleName;
}

/**
 * What each file in a folder of kept pictures is: `kept.jsonl`, of which each line says that an answer (`id`) keeps a file, or no longer does. It only grows; a
 * line is on the disk before its file has a name.
 */
export class KeptList {
  readonly #path: string;
  readonly #files = new Map<string, KeptFile>();
  readonly #bySample = new Map<string, string>();
  #isUnended: boolean;
  #open: OpenFile | undefined;
  /** So much has been in the list, at least. */
  #sizeBytes = 0;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#isUnended = text !== '' && !text.endsWith('\n');
    for (const line of text.split('\n')) this.#take(line);
  }

  /** @throws BowerbirdError BB_INPUT_UNREADABLE for what is no file; errors of Node */
  static async open(path: string): Promise<KeptList> {
    if (!existsSync(path)) return new KeptList(path, '');
    requirePlainFile(path);
    return new KeptList(path, await readFile(path, 'utf8'));
  }

  /** The ids of all answers that keep a file. */
  get ids(): IterableIterator<string> {
    return this.#files.keys();
  }

  of(id: string): KeptFile | undefined {
    return this.#files.get(id);
  }

  /** What an earlier answer keeps of a sample. */
  ofSample(sample: SampleName): KeptFile | undefined {
    const id = this.#bySample.get(sampleId(sample));
    return id === undefined ? undefined : this.#files.get(id);
  }

  /** Whether another answer keeps the same file. */
  isKeptByOthers(id: string): boolean {
    const file = this.#files.get(id)?.file;
    return [...this.#files].some(([other, kept]) => other !== id && kept.file === file);
  }

  /** @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
  async add(id: string, kept: KeptFile): Promise<void> {
    await this.#append({ v: 1, id, ...kept });
    this.#put(id, kept);
  }

  /** @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
  async drop(id: string): Promise<void> {
    await this.#append({ v: 1, id, gone: true });
    this.#remove(id);
  }

  async close(): Promise<void> {
    await this.#open?.close();
  }

  #put(id: string, kept: KeptFile): void {
    this.#files.set(id, kept);
    this.#bySample.set(sampleId(kept.sample), id);
  }

  #remove(id: string): void {
    const kept = this.#files.get(id);
    this.#files.delete(id);
    if (!kept || this.#bySample.get(sampleId(kept.sample)) !== id) return;
    const [other] = [...this.#files].find(([, { file }]) => file === kept.file) ?? [];
    if (other === undefined) this.#bySample.delete(sampleId(kept.sample));
    else this.#bySample.set(sampleId(kept.sample), other);
  }

  async #append(line: object): Promise<void> {
    await writing(this.#path, async () => {
      const isNew = !existsSync(this.#path);
      if (this.#open) await requireSameFile(this.#open, this.#path, this.#sizeBytes);
      this.#open ??= await fileSystem().open(this.#path, 'a');
      const before = this.#isUnended ? '\n' : '';
      // Should this fail, nobody knows where it ended.
      this.#isUnended = true;
      await this.#open.writeFile(`${before}${JSON.stringify(line)}\n`);
      await this.#open.sync();
      this.#isUnended = false;
      this.#sizeBytes = (await this.#open.stat()).size;
      if (isNew) await syncPath(dirname(this.#path));
    });
  }

  /** A line that says nothing, for it was cut off or changed, is passed over: its file is nobody's and stays. */
  #take(line: string): void {
    let said: unknown;
    try {
      said = JSON.parse(line);
    } catch {
      return;
    }
    if (!isObject(said) || typeof said['id'] !== 'string') return;
    const { id, file, sha256, bytes, inode, gone } = said;
    const sample = checkSample(said['sample']);
    if (gone === true) this.#remove(said['id']);
    else if (
      isFileName(file) &&
      typeof sha256 === 'string' &&
      typeof bytes === 'number' &&
      typeof inode === 'number' &&
      sample
    )
      this.#put(id as string, { file, sha256, bytes, inode, sample });
  }
}

/** Whoever has changed the list may have had other files in mind. */
function isFileName(value: unknown): value is string {
  return typeof value === 'string' && /^[^./\\\0][^/\\\0]*$/.test(value);
}
