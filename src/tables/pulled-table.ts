import type { DuckDBConnection } from '@duckdb/node-api';
import { type DuckDBDataChunk, DuckDBTableFunction } from './duckdb-library.ts';
import {
  COLUMN_TYPES,
  type ColumnValues,
  type FilledColumn,
  fillChunk,
  type NumericValues,
} from './filled-table.ts';

/** As many rows as DuckDB takes at a time. */
export const PULLED_ROWS = 2048;

/** A stretch of rows: one value of each column per row; `to` is excluded, and at most `PULLED_ROWS` behind `from`. */
export interface PulledRows {
  readonly values: readonly ColumnValues[];
  readonly from: number;
  readonly to: number;
}

/** Rows of JavaScript as a table function: DuckDB asks for the next when it has room for them, so nothing piles up. */
export class PulledTable {
  /** What the rows threw: DuckDB passes on only a message. */
  thrown: unknown;
  readonly #columns: readonly FilledColumn[];
  readonly #next: () => PulledRows | undefined;
  readonly #function: DuckDBTableFunction;

  /** @param next gives the next rows; undefined where there are no more */
  constructor(name: string, columns: readonly FilledColumn[], next: () => PulledRows | undefined) {
    this.#columns = columns;
    this.#next = next;
    this.#function = DuckDBTableFunction.create({
      name,
      bindFunction: (bind) => {
        for (const column of columns) bind.addResultColumn(column.name, COLUMN_TYPES[column.type]);
      },
      initFunction: (init) => init.setMaxThreads(1),
      mainFunction: (call, chunk) => {
        try {
          this.#fill(chunk);
        } catch (thrown) {
          this.thrown = thrown;
          call.setError('The rows ended with an error.');
        }
      },
    });
  }

  /** Makes it known to all connections of an instance. */
  register(connection: DuckDBConnection): void {
    connection.registerTableFunction(this.#function);
  }

  #fill(chunk: DuckDBDataChunk): void {
    const rows = this.#next();
    if (!rows) {
      chunk.rowCount = 0;
      return;
    }
    const columns = rows.values.map((values, i) => ({ ...this.#columns[i]!, values }));
    fillChunk(chunk, columns, rows);
  }
}

/** Columns that DuckDB pulls from memory as `name()`, once each time that they are given. */
export class PulledColumns {
  readonly name: string;
  #values: readonly NumericValues[] = [];
  #from = 0;

  constructor(connection: DuckDBConnection, name: string, columns: readonly FilledColumn[]) {
    this.name = name;
    if (columns.length > 0) new PulledTable(name, columns, () => this.#next()).register(connection);
  }

  /** @param values of each column in its order, all of one length */
  give(values: readonly NumericValues[]): void {
    this.#values = values;
    this.#from = 0;
  }

  #next(): PulledRows | undefined {
    const from = this.#from;
    const count = this.#values[0]!.length;
    if (from === count) return undefined;
    this.#from = Math.min(count, from + PULLED_ROWS);
    return { values: this.#values, from, to: this.#from };
  }
}
