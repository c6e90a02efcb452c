import type { SchemaColumn } from '../tables/columns.ts';
import type { DuckDBAppender, DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from '../tables/duckdb.ts';
import { LEADING_SCAN_COLUMNS } from './scan-sql.ts';

/**
 * The rows of one shard in an in-memory database of their own, with the types they have in the file: columns
 * `position` (row number within the file), `problem` (of ROW_PROBLEMS) and c0, c1, ... in the plan's order.
 *
 * A database of their own because detaching it frees the memory at once; a table dropped from a shared one stays
 * as long as the transaction of the scan that is still reading.
 */
export class ShardTable {
  readonly connection: DuckDBConnection;
  readonly database: string;
  readonly #appender: DuckDBAppender;
  readonly #onDrop: (table: ShardTable) => void;
  #open = true;
  #finished = false;

  private constructor(
    connection: DuckDBConnection,
    database: string,
    appender: DuckDBAppender,
    onDrop: (table: ShardTable) => void,
  ) {
    this.connection = connection;
    this.database = database;
    this.#appender = appender;
    this.#onDrop = onDrop;
  }

  /** The rows' table, ready for SQL. */
  get rows(): string {
    return `${this.database}.main.rows`;
  }

  static async open(
    instance: DuckDBInstance,
    database: string,
    schema: readonly SchemaColumn[],
    onDrop: (table: ShardTable) => void,
  ): Promise<ShardTable> {
    const connection = await instance.connect();
    await connection.run(`ATTACH ':memory:' AS ${database}`);
    const columns = schema.map(({ type }, i) => `c${i} ${type}`);
    await connection.run(
      `CREATE TABLE ${database}.main.rows (${[...LEADING_SCAN_COLUMNS, ...columns].join(', ')})`,
    );
    const appender = await connection.createAppender('rows', 'main', database);
    return new ShardTable(connection, database, appender, onDrop);
  }

  append(chunk: DuckDBDataChunk): void {
    this.#appender.appendDataChunk(chunk);
  }

  /** Ends the appending; the rows can be queried from now on. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#appender.closeSync();
  }

  /** Frees the rows' memory. */
  async drop(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.finish();
    await this.connection.run(`DETACH ${this.database}`);
    this.connection.closeSync();
    this.#onDrop(this);
  }
}
