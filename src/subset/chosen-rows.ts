import type { DuckDBConnection } from '../tables/duckdb.ts';
import { type ColumnValues, FilledTable } from '../tables/filled-table.ts';
import type { FoundRow } from './hash-join.ts';
import { rowOf } from './records.ts';
import { ROW_BITS, type SourceTable } from './source.ts';

/** So many are kept before they go to the table. */
const BUFFER_ROWS = 2048;

/**
 * The rows that any selection keeps, as the DuckDB table `chosen`: `ord`, the row's place in the metadata; `mask`, the
 * selections; and `tag0`, `tag1`, ... the places of its tags in their tables, -1 where there is none. Where near rows are
 * dropped, also `code`, what the rules found (codes.ts), and `hash`, mixed (records.ts), which a row has where `hashed` is 1.
 */
export class ChosenRows {
  readonly #table: FilledTable;
  readonly #masks = new Uint8Array(BUFFER_ROWS);
  readonly #places: readonly Places[];
  readonly #found: FoundRows | undefined;
  #count = 0;

  private constructor(table: FilledTable, sources: readonly SourceTable[], found: FoundRows | undefined) {
    this.#table = table;
    this.#found = found;
    this.#places = sources.map((source) => new Places(source));
  }

  static async create(
    connection: DuckDBConnection,
    metadata: SourceTable,
    tables: readonly SourceTable[],
    keepsFound: boolean,
  ): Promise<ChosenRows> {
    const table = await FilledTable.create(connection, { database: 'temp', table: 'chosen' }, [
      { name: 'ord', type: 'BIGINT' },
      { name: 'mask', type: 'UTINYINT' },
      ...tables.map((_, i) => ({ name: `tag${i}`, type: 'BIGINT' as const })),
      ...(keepsFound ? FOUND_COLUMNS : []),
    ]);
    return new ChosenRows(table, [metadata, ...tables], keepsFound ? new FoundRows() : undefined);
  }

  /** @param found with the numbers of its tags' rows */
  add(row: number, mask: number, found: FoundRow): void {
    const at = this.#count;
    this.#masks[at] = mask;
    this.#places[0]!.set(at, row);
    for (let table = 0; table < this.#places.length - 1; table++)
      this.#places[1 + table]!.set(at, tagRowOf(found, table));
    this.#found?.set(at, found);
    this.#count++;
    if (this.#count === BUFFER_ROWS) this.#flush();
  }

  close(): void {
    if (this.#count > 0) this.#flush();
    this.#table.close();
  }

  #flush(): void {
    const [ords, ...tags] = this.#places.map((places) => places.values.subarray(0, this.#count));
    const values: ColumnValues[] = [
      ords!,
      this.#masks.subarray(0, this.#count),
      ...tags,
      ...(this.#found?.values(this.#count) ?? []),
    ];
    this.#table.append(values);
    this.#count = 0;
  }
}

/** The number of the row that a tag comes from, -1 where there is none: its record has two words behind the hash. */
function tagRowOf({ known, tags }: FoundRow, table: number): number {
  return (known & (1 << table)) === 0 ? -1 : rowOf(tags, 2 * table - 2);
}

const FOUND_COLUMNS = [
  { name: 'code', type: 'INTEGER' },
  { name: 'hash', type: 'BIGINT' },
  { name: 'hashed', type: 'UTINYINT' },
] as const;

/** What was found of some rows. */
class FoundRows {
  readonly #codes = new Int32Array(BUFFER_ROWS);
  readonly #hashes = new BigInt64Array(BUFFER_ROWS);
  readonly #halves = new Uint32Array(this.#hashes.buffer);
  readonly #hashed = new Uint8Array(BUFFER_ROWS);

  set(at: number, { code, lo, hi, hasHash }: FoundRow): void {
    this.#codes[at] = code;
    this.#halves[2 * at] = lo;
    this.#halves[2 * at + 1] = hi;
    this.#hashed[at] = hasHash ? 1 : 0;
  }

  values(count: number): ColumnValues[] {
    return [this.#codes, this.#hashes, this.#hashed].map((values) => values.subarray(0, count));
  }
}

/** Turns the numbers of rows in a table into places: file, then row within the file. */
class Places {
  readonly values: BigInt64Array<ArrayBuffer> = new BigInt64Array(BUFFER_ROWS);
  readonly #halves = new Uint32Array(this.values.buffer);
  /** The number of the first row of each file, and of the row after the last. */
  readonly #starts: Float64Array;
  #file = 0;

  constructor({ files }: SourceTable) {
    this.#starts = new Float64Array(files.length + 1);
    files.forEach((file, i) => {
      this.#starts[i + 1] = this.#starts[i]! + file.rowCount;
    });
  }

  /** @param row -1 for none */
  set(at: number, row: number): void {
    if (row < 0) {
      this.values[at] = -1n;
      return;
    }
    if (row < this.#starts[this.#file]! || row >= this.#starts[this.#file + 1]!)
      this.#file = this.#fileOf(row);
    const inFile = row - this.#starts[this.#file]!;
    this.#halves[2 * at] = inFile;
    this.#halves[2 * at + 1] = this.#file * 2 ** (ROW_BITS - 32) + Math.floor(inFile / 2 ** 32);
  }

  /** The last file that starts at the row or before. */
  #fileOf(row: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= row) low = middle;
      else high = middle;
    }
    return low;
  }
}
