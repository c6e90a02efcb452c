import { type DuckDBConnection, parquetSource, queryRows, quoteName, quoteText } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';
import type { Collection, RowColumns } from './collection.ts';
import type { RowPlace } from './score-index.ts';

/** What a row says of itself. */
export interface RowText {
  readonly key: string | null;
  readonly url: string | null;
  readonly caption: string | null;
  readonly path: string | null;
  readonly width: number | null;
  readonly height: number | null;
}

/** A column of the files and its value in a row, as text. */
export type Field = readonly [column: string, value: string | null];

/** Captions and values that are longer are cut: a page has no use for them. */
const MAX_CHARACTERS = 4000;

/** The texts of all rows, in a table of DuckDB whose rows have the numbers of the collection's. */
export class RowTexts {
  readonly #connection: DuckDBConnection;
  readonly #searching: DuckDBConnection;
  readonly #collection: Collection;

  /** @param searching goes through all rows, which holds nobody else up */
  constructor(connection: DuckDBConnection, searching: DuckDBConnection, collection: Collection) {
    this.#connection = connection;
    this.#searching = searching;
    this.#collection = collection;
  }

  /** Reads them, a file after the other. @throws TableError BB_SHARD_READ; the signal's reason */
  async read(onProgress: (rows: number) => void, signal: AbortSignal): Promise<void> {
    await this.#connection.run(
      `CREATE TABLE texts (${QUOTED.key} VARCHAR, url VARCHAR, caption VARCHAR, path VARCHAR, width INTEGER, height INTEGER)`,
    );
    const values = selected(this.#collection.columns);
    let rows = 0;
    for (const { path, rowCount } of this.#collection.files) {
      signal.throwIfAborted();
      try {
        await this.#connection.run(`INSERT INTO texts SELECT ${values} FROM ${parquetSource(path)}`);
      } catch (thrown) {
        signal.throwIfAborted();
        throw readFailure(path, thrown);
      }
      rows += rowCount;
      onProgress(rows);
    }
  }

  /** Of one row, from its file: for whoever cannot wait until all are read. */
  async ofPlace({ file, row }: RowPlace): Promise<RowText> {
    const { path } = this.#collection.files[file]!;
    const names = ['key', 'url', 'caption', 'path', 'width', 'height'].map(quoteName).join(', ');
    const [found] = await queryRows<RowText>(
      this.#searching,
      `SELECT * FROM (SELECT ${selected(this.#collection.columns)} FROM ${parquetSource(path)} WHERE file_row_number = ${row}) AS one (${names})`,
    );
    return found!;
  }

  /** Of some rows, in their order. */
  async of(rows: readonly number[]): Promise<RowText[]> {
    if (rows.length === 0) return [];
    const found = await queryRows<RowText & { row: bigint }>(
      this.#connection,
      `SELECT rowid AS row, * FROM texts WHERE rowid IN (${rows.join(', ')})`,
    );
    const byRow = new Map(found.map((text) => [Number(text.row), text]));
    return rows.map((row) => byRow.get(row)!);
  }

  /** 1 where each of the words, in lower case, stands in a row's caption or URL. */
  async withWords(words: readonly string[], rowCount: number): Promise<Uint8Array> {
    const conditions = words.map((word) => {
      const text = quoteText(word);
      return `(contains(lower(caption), ${text}) OR contains(lower(url), ${text}) OR contains(lower(path), ${text}))`;
    });
    const result = await this.#searching.runAndReadAll(
      `SELECT rowid::INTEGER FROM texts WHERE ${conditions.map((one) => `coalesce(${one}, false)`).join(' AND ')}`,
    );
    const marks = new Uint8Array(rowCount);
    for (const chunk of result.getColumns()) for (const row of chunk as number[]) marks[row] = 1;
    return marks;
  }

  /** Every column of a row, as it stands in its file. */
  async fields({ file, row }: RowPlace): Promise<Field[]> {
    const { path } = this.#collection.files[file]!;
    const [found] = await queryRows<Record<string, string | null>>(
      this.#connection,
      `SELECT left(COLUMNS(*)::VARCHAR, ${MAX_CHARACTERS}) FROM ${parquetSource(path)} WHERE file_row_number = ${row}`,
    );
    return Object.entries(found ?? {});
  }
}

/** `key` is a word of SQL. */
const QUOTED = { key: quoteName('key') };

function selected({ key, url, caption, path, width, height }: RowColumns): string {
  const text = (name: string | undefined): string =>
    name === undefined ? 'NULL::VARCHAR' : `left(${quoteName(name)}::VARCHAR, ${MAX_CHARACTERS})`;
  const number = (name: string | undefined): string =>
    name === undefined ? 'NULL::INTEGER' : `TRY_CAST(${quoteName(name)} AS INTEGER)`;
  return [key, url, caption, path].map(text).concat([width, height].map(number)).join(', ');
}
