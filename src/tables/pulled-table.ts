import type { DuckDBConnection } from '@duckdb/node-api';
import { type DuckDBDataChunk, DuckDBTableFunction } from './duckdb-library.ts';
import { COLUMN_TYPES, type ColumnValues, type FilledColumn, fillChunk } from './filled-table.ts';

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
  readonly #next: () => PulledRows | undefined;
  readonly #function: DuckDBTableFunction;

  /** @param next gives the next rows; undefined where there are no more */
  constructor(
    name: string,
    columns: readonly Pick<FilledColumn, 'name' | 'type'>[],
    next: () => PulledRows | undefined,
  ) {
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
    const columns = rows.values.map((values) => ({ values }));
    fillChunk(chunk, columns, rows);
  }
}
