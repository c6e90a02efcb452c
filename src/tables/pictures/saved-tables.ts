import { join } from 'node:path';
import { BowerbirdError } from '../../base/errors.ts';
import { remove, removeQuietly, temporaryPath } from '../../base/files.ts';
import type { DuckDBConnection, DuckDBInstance } from '../duckdb.ts';
import { openDuckDb, parquetSource, queryRows, quoteName, quoteText } from '../duckdb.ts';
import { readFailure, writeFailure } from '../errors.ts';
import { provenanceOption, readFileProvenance } from '../provenance.ts';
import { JoinedParquet } from './joined-parquet.ts';

/** A row of a table of saved images, but for the image. */
export interface SavedRow {
  readonly key: string;
  /** Null where there is none; undefined where the table has no captions. */
  readonly caption: string | null | undefined;
  /** All its values as the text of a JSON object. */
  readonly json: string;
}

/** The size of an image as it is saved, in pixels. */
export interface SavedSize {
  readonly key: string;
  readonly width: number;
  readonly height: number;
}

/** Images of a table's rows, by their numbers from 0. */
export interface RowImages {
  readonly count: number;
  read(row: number): Promise<Uint8Array>;
}

/** What is bounded by this may be more by one image. */
const PART_BYTES = 32 * 1024 * 1024;
const PART_ROWS = 1000;
const MEMORY_LIMIT_MB = 256;
const CAPTION = 'caption';

/** Reads and writes the tables that stand beside saved images, or hold them. */
export class SavedTables {
  readonly #instance: DuckDBInstance;
  readonly #temporaryFolder: string;

  private constructor(instance: DuckDBInstance, temporaryFolder: string) {
    this.#instance = instance;
    this.#temporaryFolder = temporaryFolder;
  }

  /** @param temporaryFolder where DuckDB may spill, and parts of tables wait */
  static async open(temporaryFolder: string): Promise<SavedTables> {
    return new SavedTables(
      await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder }),
      temporaryFolder,
    );
  }

  close(): void {
    this.#instance.closeSync();
  }

  /** The rows of a table in their order, some at a time in memory. @throws TableError BB_SHARD_READ */
  async *rows(path: string): AsyncGenerator<SavedRow> {
    const connection = await this.#instance.connect();
    try {
      const hasCaption = (await columnNames(connection, path)).includes(CAPTION);
      const result = await connection.stream(
        `SELECT key, ${hasCaption ? CAPTION : 'NULL'}::VARCHAR AS caption, to_json(saved)::VARCHAR AS json
         FROM (SELECT * FROM ${parquetSource(path)}) AS saved`,
      );
      for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk()) {
        const [keys, captions, texts] = [0, 1, 2].map((column) => chunk!.getColumnVector(column));
        for (let row = 0; row < chunk.rowCount; row++) {
          yield {
            key: keys!.getItem(row) as string,
            caption: hasCaption ? (captions!.getItem(row) as string | null) : undefined,
            json: texts!.getItem(row) as string,
          };
        }
        chunk.reset();
      }
    } catch (thrown) {
      throw readFailure(path, thrown);
    } finally {
      connection.closeSync();
    }
  }

  /** @throws TableError BB_SHARD_READ */
  async sizes(path: string): Promise<SavedSize[]> {
    const connection = await this.#instance.connect();
    try {
      return await queryRows<SavedSize>(connection, `SELECT key, width, height FROM ${parquetSource(path)}`);
    } catch (thrown) {
      throw readFailure(path, thrown);
    } finally {
      connection.closeSync();
    }
  }

  /**
   * Writes a table again without a column, or with a column of images behind the others. The images pass through memory some at a time.
   *
   * @throws TableError BB_SHARD_WRITE, BB_DISK_FULL, and what `images` throws
   */
  async addImages(from: string, to: string, column: string, images: RowImages): Promise<void> {
    const connection = await this.#instance.connect();
    const parts: string[] = [];
    const joined = await JoinedParquet.open(to);
    try {
      await connection.run('CREATE TEMP TABLE images (position BIGINT, image BLOB)');
      const stated = await statedOption(connection, from);
      for (let row = 0; row === 0 || row < images.count; ) {
        const part = temporaryPath(join(this.#temporaryFolder, 'part.parquet'));
        parts.push(part);
        const end = await fillImages(connection, images, row);
        await connection.run(
          `COPY (SELECT table_rows.* EXCLUDE (file_row_number), images.image AS ${quoteName(column)}
                 FROM ${numbered(from)} AS table_rows JOIN images ON images.position = file_row_number ORDER BY file_row_number)
           TO ${quoteText(part)} (FORMAT parquet, COMPRESSION snappy, USE_TMP_FILE false${stated})`,
        );
        await joined.add(part);
        await remove(part);
        row = Math.max(end, 1);
      }
      await joined.finish();
    } catch (thrown) {
      throw thrown instanceof BowerbirdError ? thrown : writeFailure(to, thrown);
    } finally {
      for (const part of parts) await removeQuietly(part);
      await joined.close();
      connection.closeSync();
    }
  }

  /** @throws TableError BB_SHARD_WRITE, BB_DISK_FULL */
  async dropColumn(from: string, to: string, column: string): Promise<void> {
    const connection = await this.#instance.connect();
    try {
      const stated = await statedOption(connection, from);
      await connection.run(
        `COPY (SELECT * EXCLUDE (${quoteName(column)}) FROM ${parquetSource(from)})
         TO ${quoteText(to)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false${stated})`,
      );
    } catch (thrown) {
      throw writeFailure(to, thrown);
    } finally {
      connection.closeSync();
    }
  }
}

async function columnNames(connection: DuckDBConnection, path: string): Promise<string[]> {
  const rows = await queryRows<{ column_name: string }>(
    connection,
    `DESCRIBE SELECT * FROM ${parquetSource(path)}`,
  );
  return rows.map(({ column_name }) => column_name);
}

/** The provenance that a table states, as a further option of COPY; nothing where it states none. */
async function statedOption(connection: DuckDBConnection, path: string): Promise<string> {
  const provenance = await readFileProvenance(connection, path);
  return provenance ? `, ${provenanceOption(provenance)}` : '';
}

function numbered(path: string): string {
  return parquetSource(path).replace(/\)$/, ', file_row_number = true)');
}

/** Brings the images of one part into their table; gives the row behind them. */
async function fillImages(connection: DuckDBConnection, images: RowImages, first: number): Promise<number> {
  await connection.run('DELETE FROM images');
  const appender = await connection.createAppender('images', 'main', 'temp');
  let row = first;
  for (let bytes = 0; row < images.count && bytes < PART_BYTES && row - first < PART_ROWS; row++) {
    const image = await images.read(row);
    appender.appendBigInt(BigInt(row));
    appender.appendBlob(image);
    appender.endRow();
    bytes += image.length;
  }
  appender.closeSync();
  return row;
}
