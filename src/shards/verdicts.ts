import type { TagColumns } from '../samples/tag-columns.ts';
import { byTag, TAGS } from '../samples/tags.ts';
import { forEachNull, itemsOf } from '../tables/chunk.ts';
import {
  type DuckDBConnection,
  type DuckDbOptions,
  openDuckDb,
  parquetSource,
  quoteText,
} from '../tables/duckdb.ts';
import { readFailure, writeFailure } from '../tables/errors.ts';
import { FilledTable } from '../tables/filled-table.ts';
import { provenanceOption, readFileProvenance } from '../tables/provenance.ts';

/** What is judged of a shard's rows, in the order of its tag file. */
export interface JudgedTags extends TagColumns {
  readonly rowCount: number;
  /** 1 = status `success`: only these rows are judged. */
  readonly scored: Uint8Array;
}

/** What was said of the rows of a file, in its order. */
export interface Verdicts {
  /** 1 = kept. */
  readonly kept: Uint8Array;
  /** The rule; null for a row that is kept or was not judged. */
  readonly droppedBy: readonly (string | null)[];
}

/** Reads the tags of finished shards and writes their files again with other verdicts. */
export class VerdictFiles {
  readonly #connection: DuckDBConnection;
  readonly #close: () => void;

  private constructor(connection: DuckDBConnection, close: () => void) {
    this.#connection = connection;
    this.#close = close;
  }

  static async open(options: DuckDbOptions): Promise<VerdictFiles> {
    const instance = await openDuckDb(options);
    const connection = await instance.connect();
    return new VerdictFiles(connection, () => {
      connection.closeSync();
      instance.closeSync();
    });
  }

  close(): void {
    this.#close();
  }

  /** @throws TableError BB_SHARD_READ naming the file */
  async readTags(path: string): Promise<JudgedTags> {
    try {
      const result = await this.#connection.run(
        `SELECT (status = 'success')::UTINYINT AS scored, ${TAGS.map((tag) => `${tag}::FLOAT`).join(', ')}
         FROM ${parquetSource(path)}`,
      );
      const chunks = await result.fetchAllChunks();
      const rowCount = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
      const scored = new Uint8Array(rowCount);
      const tags = byTag(() => new Float32Array(rowCount));
      let row = 0;
      for (const chunk of chunks) {
        scored.set(itemsOf<Uint8Array>(chunk, 0).subarray(0, chunk.rowCount), row);
        for (const [i, tag] of TAGS.entries()) {
          const values = tags[tag];
          values.set(itemsOf<Float32Array>(chunk, i + 1).subarray(0, chunk.rowCount), row);
          const first = row;
          forEachNull(chunk, i + 1, (at) => {
            values[first + at] = Number.NaN;
          });
        }
        row += chunk.rowCount;
      }
      return { rowCount, scored, ...tags };
    } catch (thrown) {
      throw readFailure(path, thrown);
    }
  }

  /**
   * Writes the file `from` again as `to`: the same rows and columns, with other `kept` and `dropped_by`. The bytes are
   * those that the file would have had if its rows had been judged so at first.
   *
   * @throws TableError BB_SHARD_WRITE, BB_DISK_FULL
   */
  async write(from: string, to: string, verdicts: Verdicts): Promise<void> {
    try {
      await this.#load(verdicts);
      const provenance = await readFileProvenance(this.#connection, from);
      const metadata = provenance ? `, ${provenanceOption(provenance)}` : '';
      await this.#connection.run(
        `COPY (SELECT file.* EXCLUDE (file_row_number) REPLACE (verdicts.kept AS kept, verdicts.dropped_by AS dropped_by)
               FROM ${rowsOf(from)} AS file JOIN verdicts ON verdicts.position = file.file_row_number
               ORDER BY file.file_row_number)
         TO ${quoteText(to)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false${metadata})`,
      );
    } catch (thrown) {
      throw writeFailure(to, thrown);
    }
  }

  async #load({ kept, droppedBy }: Verdicts): Promise<void> {
    const table = await FilledTable.create(this.#connection, { database: 'temp', table: 'verdicts' }, [
      { name: 'position', type: 'INTEGER' },
      { name: 'kept', type: 'BOOLEAN' },
      { name: 'dropped_by', type: 'VARCHAR' },
    ]);
    const positions = Int32Array.from(kept.keys());
    table.append([positions, Array.from(kept, (value) => value === 1), droppedBy]);
    table.close();
  }
}

function rowsOf(path: string): string {
  return parquetSource(path).replace(/\)$/, ', file_row_number = true)');
}
