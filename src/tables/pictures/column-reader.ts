import { ByteBudget } from '../../base/byte-budget.ts';
import { unread } from '../../pictures/failures.ts';
import { type Picture, type PictureLimits, releaseOnce } from '../../pictures/picture.ts';
import type { SampleFailure } from '../../samples/reasons.ts';
import { bytesIn } from '../chunk.ts';
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDbOptions,
  parquetSource,
  ScanInstance,
} from '../duckdb.ts';
import { fetchRows } from '../remote/fetch-rows.ts';
import { isFetchFailure } from '../remote/remote-files.ts';
import { type ImageColumn, imageBytesSql } from './image-column.ts';

/** An image in a column of a Parquet file. */
export interface ImageCell {
  /** The Parquet file that is read. */
  readonly file: string;
  readonly column: ImageColumn;
  /** Counted from 0 within the file. */
  readonly row: number;
}

/** Rows that are read over to reach one further on; with more between, the file is opened anew there. */
const MOST_READ_OVER = 2048;

/**
 * Reads images from columns of Parquet files, one after the other: rows that are asked for in their order cost one pass over the column.
 * DuckDB holds the images of up to 2048 rows of a row group meanwhile.
 */
export class ImageColumnReader {
  readonly #instance: ScanInstance;
  readonly #maxBytes: number;
  readonly #budget: ByteBudget;
  #cursor: Cursor | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #readsInFlight = 0;

  constructor(options: DuckDbOptions, { maxBytes, maxBytesInFlight }: PictureLimits) {
    this.#instance = new ScanInstance(options);
    this.#maxBytes = maxBytes;
    this.#budget = new ByteBudget(maxBytesInFlight);
  }

  get heldBytes(): number {
    return this.#budget.heldBytes;
  }

  get readsInFlight(): number {
    return this.#readsInFlight;
  }

  get width(): number {
    return 1;
  }

  /**
   * Every outcome is a value, but that a file elsewhere cannot be fetched. Any number may be asked for at once.
   *
   * @param onStart called when the row's turn has come
   * @throws StorageError; BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE
   */
  read(cell: ImageCell, onStart?: () => void): Promise<Picture | SampleFailure> {
    const outcome = this.#last.then(() => this.#read(cell, onStart));
    this.#last = outcome.catch(() => undefined);
    return outcome;
  }

  /** Gives everything back; rows that still wait fail. */
  async close(): Promise<void> {
    await this.#last;
    this.#cursor?.close();
    this.#instance.close();
  }

  async #read(cell: ImageCell, onStart: (() => void) | undefined): Promise<Picture | SampleFailure> {
    this.#readsInFlight = 1;
    onStart?.();
    try {
      const found = await this.#find(cell);
      if (!found) return unread('image_missing', 'The row has no image');
      if (found.length > this.#maxBytes) return unread('file_too_large');
      if (found.length === 0) return unread('file_empty');
      await this.#budget.take(found.length);
      return {
        kind: 'read',
        bytes: Buffer.from(found),
        release: releaseOnce(this.#budget, found.length),
      };
    } catch (thrown) {
      this.#cursor?.close();
      this.#cursor = undefined;
      await this.#instance.reset();
      if (isFetchFailure(thrown)) throw thrown;
      return unread('file_unreadable');
    } finally {
      this.#readsInFlight = 0;
    }
  }

  /** The bytes, which are DuckDB's own memory: gone when another row is asked for. @throws errors of DuckDB */
  async #find(cell: ImageCell): Promise<Uint8Array | null> {
    if (!this.#cursor?.reaches(cell)) {
      this.#cursor?.close();
      this.#cursor = undefined;
      this.#cursor = await Cursor.open(await this.#instance.connect(), cell);
    }
    return this.#cursor.bytesAt(cell.row);
  }
}

/** A stream of a file's images from some row on. */
class Cursor {
  readonly #connection: DuckDBConnection;
  readonly #cell: ImageCell;
  readonly #fetchChunk: () => Promise<DuckDBDataChunk | null>;
  #chunk: DuckDBDataChunk | undefined;
  #firstRow: number;
  #rowCount = 0;

  private constructor(
    connection: DuckDBConnection,
    cell: ImageCell,
    fetchChunk: () => Promise<DuckDBDataChunk | null>,
  ) {
    this.#connection = connection;
    this.#cell = cell;
    this.#fetchChunk = fetchChunk;
    this.#firstRow = cell.row;
  }

  static async open(connection: DuckDBConnection, cell: ImageCell): Promise<Cursor> {
    // What is read ahead is not known: all of a file elsewhere.
    await fetchRows(connection, cell.file);
    const result = await connection.stream(
      `SELECT ${imageBytesSql(cell.column)} AS image FROM ${parquetSource(cell.file)} WHERE file_row_number >= ${cell.row}`,
    );
    return new Cursor(connection, cell, () => result.fetchChunk());
  }

  /** Whether a row lies ahead, and not far. */
  reaches({ file, column, row }: ImageCell): boolean {
    const isSame = file === this.#cell.file && column.name === this.#cell.column.name;
    return isSame && row >= this.#firstRow && row < this.#firstRow + this.#rowCount + MOST_READ_OVER;
  }

  async bytesAt(row: number): Promise<Uint8Array | null> {
    while (row >= this.#firstRow + this.#rowCount) await this.#next();
    return bytesIn(this.#chunk!, 0)(row - this.#firstRow);
  }

  close(): void {
    this.#chunk?.reset();
    this.#connection.closeSync();
  }

  async #next(): Promise<void> {
    // Its images would otherwise stay until the garbage collector, which does not see them, comes round.
    this.#chunk?.reset();
    this.#firstRow += this.#rowCount;
    this.#rowCount = 0;
    const chunk = await this.#fetchChunk();
    if (!chunk || chunk.rowCount === 0)
      throw new Error(`The rows of ${this.#cell.file} end at ${this.#firstRow}.`);
    this.#chunk = chunk;
    this.#rowCount = chunk.rowCount;
  }
}
