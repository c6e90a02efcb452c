import { join } from 'node:path';
import { columnOf, type FileColumn } from '../tables/columns.ts';
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
import { fetchRows, remoteGroups } from '../tables/remote/fetch-rows.ts';
import {
  dropFetched,
  isElsewhere,
  isFetchFailure,
  reopenRemoteParquet,
  sparseCopyOf,
} from '../tables/remote/remote-files.ts';
import { withoutBadUrls } from './listed-values.ts';
import type { InputFile } from './plan.ts';
import { firstReadableAfter, lastReadable, type RowRange } from './readable-ranges.ts';
import { ROW_PROBLEMS } from './row-problems.ts';
import { ROW_NUMBER, readColumnsOf, type ScanPlan, selectDecodedRows, selectRows } from './scan-sql.ts';

/** Some consecutive rows of a file, as DuckDB gives them. They are gone once the next ones are asked for. */
export interface ScannedRows {
  readonly chunk: DuckDBDataChunk;
  /** Counted from 0 within the file. */
  readonly firstRow: number;
  readonly rowCount: number;
}

/** Of a file elsewhere: so much is fetched at once, where row groups are not larger, and twice that stays on the disk at most. */
const FETCHED_BYTES = 64 * 1024 * 1024;

/** Reads ranges of a file's rows. */
export class FileRows {
  readonly #instance: ScanInstance;
  readonly #file: InputFile;
  readonly #plan: ScanPlan;
  readonly #wanted: readonly RowRange[] | undefined;
  #path: string;
  readsBytes = false;

  /** @param wanted what is looked at of what is read: of a file elsewhere, row groups that have none of it are passed over; all where not given */
  constructor(instance: ScanInstance, file: InputFile, plan: ScanPlan, wanted?: readonly RowRange[]) {
    this.#instance = instance;
    this.#file = file;
    this.#plan = plan;
    this.#wanted = wanted;
    this.#path = file.readPath;
  }

  /** From now on texts are read as bytes, and decoded one by one. */
  async readBytes(stagingFolder: string): Promise<void> {
    const copy = join(stagingFolder, `${this.#file.fingerprint}-bytes.parquet`);
    await this.#fetchAll();
    await copyAsBytes(this.#path, copy);
    this.#path = copy;
    this.readsBytes = true;
  }

  /** Streams the rows of a range. @throws errors of DuckDB, before or after rows that can be read */
  async *rows(range: RowRange): AsyncGenerator<ScannedRows> {
    try {
      for (const part of await this.#partsOf(range)) {
        await this.#fetch(part);
        yield* this.#rows(part);
      }
    } catch (thrown) {
      await this.#instance.reset();
      throw thrown;
    }
  }

  async *#rows({ from, to }: RowRange): AsyncGenerator<ScannedRows> {
    const connection = await this.#instance.connect();
    try {
      const select = await this.#select(connection);
      const until = to === this.#file.rowCount ? '' : ` AND position < ${to}`;
      const nextRow = yield* this.#stream(connection, `${select} WHERE position >= ${from}${until}`, from);
      if (nextRow === to) return;
      // A stream that fails ends as if it were complete; a query that gives one row reports its error.
      const rest = `(${select} WHERE position >= ${nextRow}${until})`;
      await connection.run(`SELECT max(hash(rest)) FROM ${rest} AS rest`);
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
      return ranges.filter((range) => range.to > row && this.#isWanted(range));
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
    } catch (thrown) {
      await this.#instance.reset();
      if (isFetchFailure(thrown)) throw thrown;
      return false;
    }
  }

  async #hasAll({ from, to }: RowRange): Promise<boolean> {
    await this.#fetch({ from, to });
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

  /** Of a file elsewhere the stretches that are fetched together: whole row groups, so many that there is little of them on the disk. */
  async #partsOf(range: RowRange): Promise<readonly RowRange[]> {
    if (!this.#isElsewhere) return [range];
    return this.#connected(async (connection) => {
      const columns = await this.#columnNames(connection);
      const groups = await remoteGroups(connection, this.#path, { columns, ...range });
      // Its rows have no number, so that each query reads all that there is.
      const present = await this.#present(connection);
      if (columnOf(present, ROW_NUMBER)) return [range];
      const parts: { from: number; to: number; bytes: number }[] = [];
      for (const { bytes, ...group } of groups!.filter((each) => this.#isWanted(each))) {
        const from = Math.max(group.from, range.from);
        const to = Math.min(group.to, range.to);
        const last = parts.at(-1);
        if (last && last.bytes + bytes <= FETCHED_BYTES)
          Object.assign(last, { to, bytes: last.bytes + bytes });
        else parts.push({ from, to, bytes });
      }
      return parts;
    });
  }

  /** Fetches what the rows need that is not here; what was fetched before goes, once it is much. */
  async #fetch(range: RowRange): Promise<void> {
    if (!this.#isElsewhere) return;
    const isMuch = (sparseCopyOf(this.#path)?.presentBytes ?? 0) > FETCHED_BYTES;
    // Images are read by others, at any time.
    if (isMuch && !this.#file.imageColumn) await dropFetched(this.#path);
    await this.#connected(async (connection) => {
      const present = await this.#present(connection);
      const rows = columnOf(present, ROW_NUMBER) ? {} : range;
      const columns = await this.#columnNames(connection);
      await fetchRows(connection, this.#path, { columns, ...rows });
    });
  }

  #isWanted({ from, to }: RowRange): boolean {
    if (!this.#isElsewhere || !this.#wanted) return true;
    return this.#wanted.some((wanted) => wanted.from < to && from < wanted.to);
  }

  async #fetchAll(): Promise<void> {
    await this.#fetch({ from: 0, to: this.#file.rowCount });
  }

  /** Whether rows have to be fetched before they are read; a copy with texts as bytes is here. */
  get #isElsewhere(): boolean {
    return isElsewhere(this.#path);
  }

  async #connected<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    await this.#opened();
    const connection = await this.#instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }

  /** A worker reads by a plan that another process has made. */
  async #opened(): Promise<void> {
    if (isElsewhere(this.#file.readPath)) await reopenRemoteParquet(this.#file.readPath);
  }

  async #columnNames(connection: DuckDBConnection): Promise<string[]> {
    const read = readColumnsOf(await this.#present(connection), this.#plan).map(({ name }) => name);
    return this.#file.imageColumn ? [...read, this.#file.imageColumn.name] : read;
  }

  /** The columns of the input. */
  async #present(connection: DuckDBConnection): Promise<readonly FileColumn[]> {
    const { path, readPath, imageColumn, format } = this.#file;
    const own = await readColumns(connection, readPath, path);
    if (imageColumn) return withoutImages(path, own, imageColumn);
    return isListed(format) ? withoutBadUrls(own, this.#plan.columns) : own;
  }

  async #select(connection: DuckDBConnection): Promise<string> {
    const { path } = this.#file;
    const present = await this.#present(connection);
    const source = { path: this.#path, present };
    if (!this.readsBytes) return selectRows(source, this.#plan);
    return selectDecodedRows(source, this.#plan, await readColumns(connection, this.#path, path));
  }
}
