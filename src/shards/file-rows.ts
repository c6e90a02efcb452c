import { join } from 'node:path';
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  queryRows,
  quotePath,
  type ScanInstance,
} from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';
import { readColumns } from '../tables/footer.ts';
import { isListed } from '../tables/formats.ts';
import { withoutImages } from '../tables/pictures/image-column.ts';
import { copyAsBytes } from '../tables/readable.ts';
import { withoutBadUrls } from './listed-values.ts';
import type { InputFile } from './plan.ts';
import { firstReadableAfter, lastReadable, type RowRange } from './readable-ranges.ts';
import { ROW_PROBLEMS } from './row-problems.ts';
import { type ScanPlan, selectDecodedRows, selectRows } from './scan-sql.ts';

/** Some consecutive rows of a file, as DuckDB gives them. They are gone once the next ones are asked for. */
export interface ScannedRows {
  readonly chunk: DuckDBDataChunk;
  /** Counted from 0 within the file. */
  readonly firstRow: number;
  readonly rowCount: number;
}

/** Reads ranges of a file's rows. */
export class FileRows {
  readonly #instance: ScanInstance;
  readonly #file: InputFile;
  readonly #plan: ScanPlan;
  #path: string;
  readsBytes = false;

  constructor(instance: ScanInstance, file: InputFile, plan: ScanPlan) {
    this.#instance = instance;
    this.#file = file;
    this.#plan = plan;
    this.#path = file.readPath;
  }

  /** From now on texts are read as bytes, and decoded one by one. */
  async readBytes(stagingFolder: string): Promise<void> {
    const copy = join(stagingFolder, `${this.#file.fingerprint}-bytes.parquet`);
    await copyAsBytes(this.#path, copy);
    this.#path = copy;
    this.readsBytes = true;
  }

  /** Streams the rows of a range. @throws errors of DuckDB, before or after rows that can be read */
  async *rows(range: RowRange): AsyncGenerator<ScannedRows> {
    try {
      yield* this.#rows(range);
    } catch (thrown) {
      await this.#instance.reset();
      throw thrown;
    }
  }

  async *#rows({ from, to }: RowRange): AsyncGenerator<ScannedRows> {
    const connection = await this.#instance.connect();
    try {
      const select = await this.#select(connection);
      const isWhole = to === this.#file.rowCount;
      const range = `position >= ${from}${isWhole ? '' : ` AND position < ${to}`}`;
      const nextRow = yield* this.#stream(connection, `${select} WHERE ${range}`, from);
      if (nextRow === to) return;
      // A stream that fails ends as if it were complete; a query that gives one row reports its error.
      await connection.run(`SELECT max(hash(rest)) FROM (${select} WHERE position >= ${nextRow}) AS rest`);
      throw new Error(`Its rows end at ${nextRow} instead of ${to}.`);
    } finally {
      connection.closeSync();
    }
  }

  /** Rows of nulls in place of those that cannot be read. */
  async *nulls({ from, to }: RowRange): AsyncGenerator<ScannedRows> {
    const connection = await this.#instance.connect();
    const columns = this.#plan.schema.map(({ type }, i) => `CAST(NULL AS ${type}) AS c${i}`);
    const lead = `range AS position, ${ROW_PROBLEMS.input_unreadable}::UTINYINT AS problem`;
    try {
      yield* this.#stream(
        connection,
        `SELECT ${[lead, ...columns].join(', ')} FROM range(${from}, ${to})`,
        from,
      );
    } finally {
      connection.closeSync();
    }
  }

  /** The row groups that end after a row. */
  async groupsFrom(row: number): Promise<RowRange[]> {
    const connection = await this.#instance.connect();
    try {
      const groups = await queryRows<{ rows: bigint }>(
        connection,
        `SELECT any_value(row_group_num_rows) AS rows FROM parquet_metadata(${quotePath(this.#path)})
         GROUP BY row_group_id ORDER BY row_group_id`,
      );
      const ranges: RowRange[] = [];
      for (const { rows } of groups) {
        const from = ranges.at(-1)?.to ?? 0;
        ranges.push({ from, to: from + Number(rows) });
      }
      return ranges.filter(({ to }) => to > row);
    } finally {
      connection.closeSync();
    }
  }

  /** A range within a row group in parts that can or cannot be read. */
  async divide(range: RowRange): Promise<(RowRange & { readonly isReadable: boolean })[]> {
    const test = (part: RowRange): Promise<boolean> => this.#isReadable(part);
    if (await test(range)) return [{ ...range, isReadable: true }];
    const bad = await lastReadable(range, test);
    const good = await firstReadableAfter({ from: bad, to: range.to }, test);
    return [
      { from: range.from, to: bad, isReadable: true },
      { from: bad, to: good, isReadable: false },
      { from: good, to: range.to, isReadable: true },
    ].filter(({ from, to }) => from < to);
  }

  async #isReadable(range: RowRange): Promise<boolean> {
    try {
      return await this.#hasAll(range);
    } catch {
      await this.#instance.reset();
      return false;
    }
  }

  async #hasAll({ from, to }: RowRange): Promise<boolean> {
    const connection = await this.#instance.connect();
    try {
      const select = await this.#select(connection);
      const [found] = await queryRows<{ n: bigint }>(
        connection,
        `SELECT count(*) AS n, max(hash(part)) FROM (${select} WHERE position >= ${from} AND position < ${to}) AS part`,
      );
      return found!.n === BigInt(to - from);
    } finally {
      connection.closeSync();
    }
  }

  async *#stream(
    connection: DuckDBConnection,
    sql: string,
    firstRow: number,
  ): AsyncGenerator<ScannedRows, number> {
    let nextRow = firstRow;
    const result = await connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) return nextRow;
      this.#checkOrder(chunk, nextRow);
      yield { chunk, firstRow: nextRow, rowCount: chunk.rowCount };
      nextRow += chunk.rowCount;
      // Its strings would otherwise stay until the garbage collector, which does not see them, comes round.
      chunk.reset();
    }
  }

  #checkOrder(chunk: DuckDBDataChunk, nextRow: number): void {
    const positions = chunk.getColumnVector(0);
    const last = chunk.rowCount - 1;
    const isNext =
      positions.getItem(0) === BigInt(nextRow) && positions.getItem(last) === BigInt(nextRow + last);
    if (!isNext) throw readFailure(this.#file.path, new Error(`Row ${nextRow} did not come in its turn.`));
  }

  async #select(connection: DuckDBConnection): Promise<string> {
    const { path, readPath, imageColumn } = this.#file;
    const listed = isListed(this.#file.format);
    const own = await readColumns(connection, readPath, path);
    const present = imageColumn
      ? withoutImages(path, own, imageColumn)
      : listed
        ? withoutBadUrls(own, this.#plan.columns)
        : own;
    const source = { path: this.#path, present };
    if (!this.readsBytes) return selectRows(source, this.#plan);
    return selectDecodedRows(source, this.#plan, await readColumns(connection, this.#path, path));
  }
}
