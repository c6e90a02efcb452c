import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { fromFloat16Bits } from '../base/float16.ts';
import { NPY_HEADER_MAX_BYTES, readNpyHeader } from '../base/npy.ts';
import { requirePlainFile } from '../base/plain-file.ts';
import { fetchWhole } from '../tables/remote/fetch-whole.ts';
import { isElsewhere } from '../tables/remote/remote-files.ts';

const VALUE_BYTES = 2;
/** Files that are open at a time. */
const MOST_OPEN = 64;

/** A .npy file's layout. */
interface Layout {
  readonly path: string;
  readonly rowCount: number;
  readonly dimension: number;
  readonly dataOffset: number;
}

/** The embeddings that a run has saved, read row by row: `img_emb/img_emb_00000.npy` beside `tags/00000.parquet`. */
export class RunEmbeddings {
  readonly dimension: number;
  readonly #layouts: readonly Layout[];
  readonly #open = new Map<number, number>();
  readonly #bytes: Buffer;

  /** @param files .npy files of this machine @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT */
  private constructor(files: readonly string[]) {
    this.#layouts = files.map(layoutOf);
    const [first] = this.#layouts;
    this.dimension = first!.dimension;
    const other = this.#layouts.find(({ dimension }) => dimension !== this.dimension);
    if (other)
      throw refuse(other.path, `it has ${other.dimension} dimensions, ${first!.path} has ${this.dimension}`);
    this.#bytes = Buffer.alloc(this.dimension * VALUE_BYTES);
  }

  /** @param tagFiles of the shards, in a folder @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT */
  static beside(tagFiles: readonly string[]): RunEmbeddings {
    return new RunEmbeddings(tagFiles.map(embeddingsBeside));
  }

  /**
   * The same, also of runs elsewhere: of those the files are fetched.
   *
   * @param stagingFolder where they go, and stay
   * @throws StorageError; BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_DISK_FULL
   */
  static async fetched(tagFiles: readonly string[], stagingFolder: string): Promise<RunEmbeddings> {
    const files: string[] = [];
    for (const tagFile of tagFiles) {
      const file = embeddingsBeside(tagFile);
      files.push(isElsewhere(file) ? await fetchWhole(file, { stagingFolder }) : file);
    }
    return new RunEmbeddings(files);
  }

  /** Reads a row. @param line from 0 @throws BowerbirdError BB_INPUT_FORMAT where the file ends before it */
  read(file: number, line: number, into: Float32Array): void {
    const { path, rowCount, dataOffset } = this.#layouts[file]!;
    const bytes = this.#bytes;
    if (line >= rowCount)
      throw refuse(path, `it has ${rowCount} rows, and the tags beside it say more were scored`);
    const read = readSync(this.#fileOf(file), bytes, 0, bytes.length, dataOffset + line * bytes.length);
    if (read < bytes.length) throw refuse(path, 'it was cut while it was read');
    into.set(fromFloat16Bits(new Uint16Array(bytes.buffer, bytes.byteOffset, this.dimension)));
  }

  close(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }

  #fileOf(index: number): number {
    const known = this.#open.get(index);
    if (known !== undefined) return known;
    const [oldest] = this.#open;
    if (oldest && this.#open.size >= MOST_OPEN) {
      closeSync(oldest[1]);
      this.#open.delete(oldest[0]);
    }
    const opened = openSync(this.#layouts[index]!.path, 'r');
    this.#open.set(index, opened);
    return opened;
  }
}

function embeddingsBeside(tagFile: string): string {
  const shard = basename(tagFile).replace(/\..*$/, '');
  if (isElsewhere(tagFile)) return tagFile.replace(/\/tags\/[^/]*$/, `/img_emb/img_emb_${shard}.npy`);
  return join(dirname(dirname(tagFile)), 'img_emb', `img_emb_${shard}.npy`);
}

function layoutOf(path: string): Layout {
  let file: number;
  try {
    requirePlainFile(path);
    file = openSync(path, 'r');
  } catch (cause) {
    throw new BowerbirdError(
      'BB_INPUT_NOT_FOUND',
      `${path} cannot be opened: ${messageOf(cause)}. What is compared by embedding is what \`score --save-embeddings\` keeps.`,
      { cause, fields: { path } },
    );
  }
  try {
    const start = Buffer.alloc(Math.min(NPY_HEADER_MAX_BYTES, fstatSync(file).size));
    readSync(file, start, 0, start.length, 0);
    const { descr, fortranOrder, shape, dataOffset } = headerOf(path, start);
    const [rowCount = 0, dimension = 0] = shape;
    if (descr !== '<f2' || fortranOrder || shape.length !== 2)
      throw refuse(path, 'it holds no rows of float16, as a run writes them');
    const size = dataOffset + rowCount * dimension * VALUE_BYTES;
    if (fstatSync(file).size !== size) throw refuse(path, 'its size does not fit its shape');
    return { path, rowCount, dimension, dataOffset };
  } finally {
    closeSync(file);
  }
}

function headerOf(path: string, start: Buffer): ReturnType<typeof readNpyHeader> {
  try {
    return readNpyHeader(start);
  } catch (thrown) {
    throw refuse(path, messageOf(thrown));
  }
}

function refuse(path: string, why: string): BowerbirdError {
  return new BowerbirdError('BB_INPUT_FORMAT', `The embeddings in ${path} cannot be compared: ${why}.`, {
    fields: { path },
  });
}
