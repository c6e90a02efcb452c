import { BowerbirdError } from '../base/errors.ts';
import { BrowsedRows, type ReadRows } from '../browse/rows.ts';
import type { Picture } from '../pictures/picture.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import type { Material } from './material.ts';
import type { DatasetProgress } from './options.ts';

const MEMORY_LIMIT_MB = 256;
/** Larger files are refused by `score` too, unless told otherwise. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Images of posts that have a URL alone, from runs that saved them or were made from files that still lie where they lay. Found by the hash. */
export class RunImages {
  readonly #opened: BrowsedRows[] = [];
  readonly #runs: ReadRows[] = [];
  /** By the posts' rows: the number of the run, -1 where none has the image; and the row in it. */
  readonly #runOf: Int32Array;
  readonly #rowOf: Int32Array;

  private constructor(count: number) {
    this.#runOf = new Int32Array(count).fill(-1);
    this.#rowOf = new Int32Array(count);
  }

  /**
   * Looks for images in runs, the first that has one first.
   *
   * @throws BowerbirdError as `BrowsedRows.open`, BB_COLUMN_MISSING where the rows of a run have no hashes
   */
  static async open(
    paths: readonly string[],
    { count, hashes, hasImage }: Pick<Material, 'count' | 'hashes' | 'hasImage'>,
    { signal, advance }: DatasetProgress,
  ): Promise<RunImages> {
    const images = new RunImages(count);
    const missing = new Map<bigint, number[]>();
    for (let row = 0; row < count; row++) {
      if (hasImage[row]) continue;
      const same = missing.get(hashes[row]!);
      if (same) same.push(row);
      else missing.set(hashes[row]!, [row]);
    }
    try {
      for (const [number, path] of paths.entries()) {
        signal?.throwIfAborted();
        advance('looking for images', number, paths.length, 'runs');
        await images.#add(path, missing);
      }
      return images;
    } catch (thrown) {
      await images.close();
      throw thrown;
    }
  }

  has(row: number): boolean {
    return this.#runOf[row]! >= 0;
  }

  /** The bytes of a post's image; every outcome is a value. @param row one that has an image */
  read(row: number): Promise<Picture | SampleFailure> {
    return this.#runs[this.#runOf[row]!]!.pictures.bytesOf(this.#rowOf[row]!);
  }

  async close(): Promise<void> {
    for (const rows of this.#opened) await rows.close();
  }

  async #add(path: string, missing: ReadonlyMap<bigint, readonly number[]>): Promise<void> {
    const opened = await BrowsedRows.open({
      ...{ path, areTextsLeft: true, memoryLimitMb: MEMORY_LIMIT_MB, threads: 1, maxBytes: MAX_FILE_BYTES },
    });
    this.#opened.push(opened);
    const run = await opened.scored;
    const hashes = await run.integers('hash');
    if (!hashes) throw withoutHashes(path);
    const number = this.#runs.push(run) - 1;
    for (const [runRow, hash] of hashes.values.entries()) {
      const posts = hashes.known[runRow] === 1 ? missing.get(hash) : undefined;
      // What a run keeps for its report is a small picture of it.
      if (!posts || (run.pictures.originOf(runRow) ?? 'thumbnail') === 'thumbnail') continue;
      for (const post of posts) {
        if (this.has(post)) continue;
        this.#runOf[post] = number;
        this.#rowOf[post] = runRow;
      }
    }
  }
}

function withoutHashes(path: string): BowerbirdError {
  return new BowerbirdError(
    'BB_COLUMN_MISSING',
    `${path} has no column "hash", by which posts find their images. Give the run folder of: bowerbird score --save-images, over what posts export wrote.`,
    { fields: { path } },
  );
}
