import { type DuckDBConnection, parquetSource, queryRows, quoteName, quoteText } from '../tables/duckdb.ts';
import type { Collection } from './collection.ts';
import type { ScoreIndex } from './score-index.ts';

/** What a row is known by wherever else it is spoken of, and its caption. */
export interface RowName {
  readonly row: number;
  /** int64 as a decimal text; null where it has none. */
  readonly hash: string | null;
  readonly key: string | null;
  readonly caption: string | null;
}

const MAX_CAPTION_CHARACTERS = 1000;

/** Hashes, keys and captions of single rows, read from their files when they are asked for. */
export class RowNames {
  readonly #connection: DuckDBConnection;
  readonly #collection: Collection;
  readonly #index: ScoreIndex;

  constructor(connection: DuckDBConnection, collection: Collection, index: ScoreIndex) {
    this.#connection = connection;
    this.#collection = collection;
    this.#index = index;
  }

  /** Of some rows, in their order. @throws errors of DuckDB */
  async of(rows: readonly number[]): Promise<RowName[]> {
    const places = rows.map((row) => this.#index.placeOf(row));
    const found = new Map<number, RowName>();
    for (const file of new Set(places.map((place) => place.file))) {
      const wanted = places.filter((place) => place.file === file).map(({ row }) => row);
      for (const name of await this.#read(file, `file_row_number IN (${wanted.join(', ')})`))
        found.set(name.row, name);
    }
    return rows.map((row) => found.get(row)!);
  }

  /** The rows that have one of these hashes, or one of these keys. @throws errors of DuckDB */
  async find(hashes: readonly string[], keys: readonly string[]): Promise<RowName[]> {
    const conditions = [
      ...(hashes.length > 0 ? [`${this.#text('hash')} IN (${hashes.map(quoteText).join(', ')})`] : []),
      ...(keys.length > 0 ? [`${this.#text('key')} IN (${keys.map(quoteText).join(', ')})`] : []),
    ];
    if (conditions.length === 0) return [];
    const found: RowName[] = [];
    for (const file of this.#collection.files.keys())
      found.push(...(await this.#read(file, conditions.join(' OR '))));
    return found;
  }

  async #read(file: number, condition: string): Promise<RowName[]> {
    const rows = await queryRows<RowName>(
      this.#connection,
      `SELECT (file_row_number + ${this.#index.firstRow(file)})::DOUBLE AS "row", ${this.#text('hash')} AS hash,
         ${this.#text('key')} AS "key", left(${this.#text('caption')}, ${MAX_CAPTION_CHARACTERS}) AS caption
       FROM ${parquetSource(this.#collection.files[file]!.path)} WHERE ${condition}`,
    );
    return rows;
  }

  #text(part: 'hash' | 'key' | 'caption'): string {
    const name = this.#collection.columns[part];
    return name === undefined ? 'NULL::VARCHAR' : `${quoteName(name)}::VARCHAR`;
  }
}
