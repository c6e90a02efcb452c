import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BowerbirdError, isMissing } from '../base/errors.ts';
import { fileSystem } from '../base/file-system.ts';
import { commitFileOnce, exists, makeFolders, syncPath, writeNewFile, writing } from '../base/files.ts';
import { outputKindOf, refusePartOfOutput } from '../base/output-kinds.ts';
import { OutputPlace } from '../base/output-place.ts';
import type { SampleName } from '../feedback/answer.ts';
import { type KeptFile, KeptList } from './kept-list.ts';

const FLAG = '--output-folder';
const LIST = 'kept.jsonl';

/** A picture that is to be kept. */
export interface Keeping {
  /** Of the answer. */
  readonly id: string;
  readonly sample: SampleName;
  /** Of the file's name, safe already. */
  readonly stem: string;
  /** Without its point. */
  readonly extension: string;
  /** As they lie where the picture comes from. */
  readonly bytes: Buffer;
}

/** The folder that kept pictures are copied into, taken for this process. What lies there is never written over. */
export class KeptFolder {
  readonly #place: OutputPlace;
  readonly #list: KeptList;
  /** Names in the folder, in lower case: on some file systems, or after a copy to one, those that differ in case are one. */
  readonly #taken: Set<string>;
  /** One change at a time. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(place: OutputPlace, list: KeptList, names: readonly string[]) {
    this.#place = place;
    this.#list = list;
    this.#taken = new Set(names.map(folded));
  }

  /**
   * @throws BowerbirdError BB_OUTPUT_FOLDER where it is a file, holds what another command has written or cannot be written, BB_OUTPUT_EXISTS for a folder of a
   *   run, BB_RUN_LOCKED, BB_DISK_FULL, BB_INPUT_UNREADABLE for a kept.jsonl that is no file
   */
  static async open(given: string, onWait?: (message: string) => void): Promise<KeptFolder> {
    refusePartOfOutput(join(given, LIST));
    const found = outputKindOf(given);
    if (found) {
      throw new BowerbirdError(
        'BB_OUTPUT_FOLDER',
        `${given} is ${found}: pictures are not kept there. Choose another ${FLAG}.`,
        { fields: { path: given } },
      );
    }
    const place = await OutputPlace.take(given, { flag: FLAG, inPlace: true, onWait });
    try {
      const list = await KeptList.open(join(place.path, LIST));
      return new KeptFolder(place, list, await readdir(place.path));
    } catch (thrown) {
      await place.release();
      throw thrown;
    }
  }

  /** Absolute. */
  get path(): string {
    return this.#place.path;
  }

  /** How many files lie here that none of some answers keeps. @throws errors of the file system */
  async countOthers(answers: ReadonlySet<string>): Promise<number> {
    const files = new Set<string>();
    for (const id of this.#list.ids) if (!answers.has(id)) files.add(this.#list.of(id)!.file);
    for (const id of answers) files.delete(this.#list.of(id)?.file ?? '');
    const found = await Promise.all([...files].map((file) => exists(join(this.path, file))));
    return found.filter(Boolean).length;
  }

  /** The file that an answer keeps. */
  fileOf(id: string): string | undefined {
    return this.#list.of(id)?.file;
  }

  /** The name that a picture would get now: numbered where it is taken. @throws errors of the file system */
  async freeName(stem: string, extension: string): Promise<string> {
    for (let number = 1; ; number++) {
      const name = `${stem}${number === 1 ? '' : `-${number}`}.${extension}`;
      if (!this.#taken.has(folded(name)) && !(await exists(join(this.path, name)))) return name;
    }
  }

  /**
   * Copies a picture: it lies on the disk under the name that is given back. A sample that is kept already is not copied again.
   *
   * @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE, BB_RUN_LOCKED
   */
  keep(keeping: Keeping): Promise<KeptFile> {
    return this.#inTurn(() => this.#keep(keeping));
  }

  /**
   * Removes the file that an answer made, where it is still this very one.
   *
   * @returns what became of it, in words; undefined where the answer made none
   * @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE, BB_RUN_LOCKED
   */
  takeBack(id: string): Promise<string | undefined> {
    return this.#inTurn(() => this.#takeBack(id));
  }

  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#list.close();
    await this.#place.release();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(async () => {
      await this.#place.lock.assertHeld();
      return work();
    });
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #keep({ id, sample, stem, extension, bytes }: Keeping): Promise<KeptFile> {
    const earlier = this.#list.of(id) ?? this.#list.ofSample(sample);
    if (earlier && (await this.#look(earlier)) === undefined) {
      if (!this.#list.of(id)) await this.#list.add(id, earlier);
      return earlier;
    }
    const sha256 = digestOf(bytes);
    for (;;) {
      const file = await writing(this.path, () => this.freeName(stem, extension));
      const temporary = join(this.#place.staging, randomUUID());
      const path = join(this.path, file);
      const inode = await writing(path, async () => {
        await makeFolders(this.#place.staging);
        await writeNewFile(temporary, bytes);
        await syncPath(temporary);
        return (await fileSystem().lstat(temporary)).ino;
      });
      const kept = { file, sha256, bytes: bytes.length, inode, sample };
      await this.#list.add(id, kept);
      const isMade = await commitFileOnce(temporary, path);
      this.#taken.add(folded(file));
      if (isMade) return this.#withOwnInode(id, kept);
    }
  }

  /** Where a file system has no links, the file is a copy. */
  async #withOwnInode(id: string, kept: KeptFile): Promise<KeptFile> {
    const path = join(this.path, kept.file);
    const { ino } = await writing(path, () => fileSystem().lstat(path));
    if (ino === kept.inode) return kept;
    const own = { ...kept, inode: ino };
    await this.#list.add(id, own);
    return own;
  }

  async #takeBack(id: string): Promise<string | undefined> {
    const kept = this.#list.of(id);
    if (!kept) return undefined;
    const path = join(this.path, kept.file);
    const isShared = this.#list.isKeptByOthers(id);
    const why = isShared ? 'stays, for another answer keeps it' : await this.#look(kept);
    if (why === undefined) {
      await writing(path, async () => {
        await fileSystem().rm(path, {});
        await syncPath(this.path);
      });
      this.#taken.delete(folded(kept.file));
    }
    await this.#list.drop(id);
    return `Taken back; ${kept.file} ${why ?? 'is removed'}.`;
  }

  /** Why a file is not the one that was kept; undefined where it is. */
  async #look({ file, inode, bytes, sha256 }: KeptFile): Promise<string | undefined> {
    const path = join(this.path, file);
    try {
      const stats = await fileSystem().lstat(path);
      const isSame = stats.isFile() && stats.ino === inode && stats.size === bytes;
      if (isSame && digestOf(await readFile(path)) === sha256) return undefined;
      return 'stays: it is not the file any more that was kept';
    } catch (thrown) {
      return isMissing(thrown) ? 'was not there any more' : 'stays: it cannot be read';
    }
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
