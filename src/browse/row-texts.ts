import { type DuckDBConnection, parquetSource, queryRows, quoteName, quoteText } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';
import type { Collection, RowColumns } from './collection.ts';
import type { ScoreIndex } from './score-index.ts';

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

/** Connections to one database. */
export interface TextConnections {
  readonly texts: DuckDBConnection;
  /** Goes through all rows, which holds nobody else up. */
  readonly searching: DuckDBConnection;
}

/** How texts are read. */
export interface TextReading {
  readonly onProgress: (rows: number) => void;
  /** Waited for before each file. */
  readonly turn: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * The texts of all rows, in a table of DuckDB whose rows have the numbers of the collection's. Until all are read, those of single rows
 * come from their files.
 */
export class RowTexts {
  readonly #connection: DuckDBConnection;
  readonly #searching: DuckDBConnection;
  readonly #collection: Collection;
  readonly #index: ScoreIndex;
  #isRead = false;

  constructor({ texts, searching }: TextConnections, collection: Collection, index: ScoreIndex) {
    this.#connection = texts;
    this.#searching = searching;
    this.#collection = collection;
    this.#index = index;
  }

  /** Reads them, a file after the other. @throws TableError BB_SHARD_READ; the signal's reason */
  async read({ onProgress, turn, signal }: TextReading): Promise<void> {
    await this.#connection.run(
      `CREATE TABLE texts (${QUOTED.key} VARCHAR, url VARCHAR, caption VARCHAR, path VARCHAR, width INTEGER, height INTEGER)`,
    );
    const values = selected(this.#collection.columns);
    let rows = 0;
    for (const { path, rowCount } of this.#collection.files) {
      await turn();
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
    this.#isRead = true;
  }

  /** Of one row. */
  async ofRow(row: number): Promise<RowText> {
    if (this.#isRead) return (await this.of([row]))[0]!;
    const names = ['key', 'url', 'caption', 'path', 'width', 'height'].map(quoteName).join(', ');
    const values = selected(this.#collection.columns);
    const [found] = await queryRows<RowText>(
      this.#searching,
      `SELECT * FROM (SELECT ${values} FROM ${this.#rowSource(row)}) AS one (${names})`,
    );
    return found!;
  }

  /** One text of one row: the cheapest that can be asked before all are read. */
  async one(row: number, part: 'path' | 'url'): Promise<string | null> {
    if (this.#isRead) return (await this.of([row]))[0]![part];
    const name = this.#collection.columns[part];
    if (name === undefined) return null;
    const [found] = await queryRows<{ text: string | null }>(
      this.#searching,
      `SELECT ${textSql(name)} AS text FROM ${this.#rowSource(row)}`,
    );
    return found!.text;
  }

  /** Of some rows, in their order, once all are read. */
  async of(rows: readonly number[]): Promise<RowText[]> {
    if (rows.length === 0) return [];
    const found = await queryRows<RowText & { row: bigint }>(
      this.#connection,
      `SELECT rowid AS row, * FROM texts WHERE rowid IN (${rows.join(', ')})`,
    );
    const byRow = new Map(found.map((text) => [Number(text.row), text]));
    return rows.map((row) => byRow.get(row)!);
  }

  /** 1 where each of the words stands in a row's caption, URL or path, whatever the case (Unicode's simple folding, ß as ss). */
  async withWords(words: readonly string[], rowCount: number): Promise<Uint8Array> {
    const conditions = words.map((word) => {
      const spellings = spellingsOf(word).map((spelling) => foldedSql(quoteText(spelling)));
      const places = ['caption', 'url', 'path'].flatMap((name) =>
        spellings.map((spelling) => `contains(${foldedSql(name)}, ${spelling})`),
      );
      return `(${places.join(' OR ')})`;
    });
    const result = await this.#searching.runAndReadAll(
      `SELECT rowid::INTEGER FROM texts WHERE ${conditions.map((one) => `coalesce(${one}, false)`).join(' AND ')}`,
    );
    const marks = new Uint8Array(rowCount);
    for (const chunk of result.getColumns()) for (const row of chunk as number[]) marks[row] = 1;
    return marks;
  }

  /** Every column of a row, as it stands in its file. */
  async fields(row: number): Promise<Field[]> {
    const [found] = await queryRows<Record<string, string | null>>(
      this.#searching,
      `SELECT left(COLUMNS(*)::VARCHAR, ${MAX_CHARACTERS}) FROM ${this.#rowSource(row)}`,
    );
    return Object.entries(found ?? {});
  }

  #rowSource(row: number): string {
    const { file, row: place } = this.#index.placeOf(row);
    return `${parquetSource(this.#collection.files[file]!.path)} WHERE file_row_number = ${place}`;
  }
}

/** `key` is a word of SQL. */
const QUOTED = { key: quoteName('key') };

function selected({ key, url, caption, path, width, height }: RowColumns): string {
  const text = (name: string | undefined): string => (name === undefined ? 'NULL::VARCHAR' : textSql(name));
  const number = (name: string | undefined): string =>
    name === undefined ? 'NULL::INTEGER' : `TRY_CAST(${quoteName(name)} AS INTEGER)`;
  return [key, url, caption, path].map(text).concat([width, height].map(number)).join(', ');
}

function textSql(name: string): string {
  return `left(${quoteName(name)}::VARCHAR, ${MAX_CHARACTERS})`;
}

/** By way of the upper case: two letters that have one upper case, as sigma within and at the end of a word, are one. JavaScript's own lower case depends on what stands around. */
function foldedSql(text: string): string {
  return `lower(upper(${text}))`;
}

/** A word as it may be written: what folds to several letters is no matter of single ones. */
function spellingsOf(word: string): string[] {
  const others = [
    word.replaceAll('\u0130', 'i\u0307'),
    word.replaceAll(/[\u00df\u1e9e]/g, 'ss'),
    word.replaceAll(/ss/gi, '\u00df'),
  ];
  return [...new Set([word, ...others])];
}
