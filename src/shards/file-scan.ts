import { join } from 'node:path';
import { firstSentence, isDiskFull, messageOf } from '../base/errors.ts';
import { withWayOn } from '../tables/bad-files.ts';
import { copyAsBytes } from '../tables/bytes-copy.ts';
import { partIn, readAs } from '../tables/column-sql.ts';
import { columnOf, type FileColumn } from '../tables/columns.ts';
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  queryRows,
  type ScanInstance,
} from '../tables/duckdb.ts';
import { readFailure, TableError } from '../tables/errors.ts';
import { readColumns } from '../tables/footer.ts';
import { parquetSource, quoteName, quotePath } from '../tables/sql.ts';
import type { InputFile, RunPlan } from './plan.ts';
import { firstReadableAfter, lastReadable, type RowRange } from './readable-ranges.ts';
import { ROW_PROBLEMS } from './row-problems.ts';

/** The row number within the file is the first column of every chunk, its problem the second; the schema's columns follow. */
export const LEADING_SCAN_COLUMNS = ['position BIGINT', 'problem UTINYINT'] as const;
/** DuckDB's name for a row's number within its Parquet file. */
const ROW_NUMBER = 'file_row_number';

/** Some consecutive rows of a file, as DuckDB gives them. They are gone once the next ones are asked for. */
export interface ScannedRows {
  readonly chunk: DuckDBDataChunk;
  /** Counted from 0 within the file. */
  readonly firstRow: number;
  readonly rowCount: number;
}

/** What is read of each file. */
type ScanPlan = Pick<RunPlan, 'schema' | 'columns'>;

/** How files are scanned. */
export interface ScanOptions {
  /** Where a file with texts that are not UTF-8 is copied to. */
  readonly stagingFolder: string;
  /** Whether rows that cannot be read are given as rows of nulls; otherwise they end the scan. */
  readonly skipBadRows: boolean;
  /** Told in a line what could not be read. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/**
 * Streams a file's rows from `firstRow` on, in order, each column as its type in the plan's schema (null where the file
 * has no such column). One pass; memory holds a few pages of the file, however large its row groups are.
 *
 * A row with a text that is not UTF-8 comes with a null in its place and its problem. Where pages are damaged, the rows that
 * cannot be read come as nulls with theirs, if `skipBadRows` allows it.
 *
 * @throws TableError BB_SHARD_READ; BB_SHARD_WRITE and BB_DISK_FULL (the copy of a file that is not all UTF-8)
 */
export async function* scanFile(
  instance: ScanInstance,
  file: InputFile,
  plan: ScanPlan,
  { firstRow, ...options }: ScanOptions & { readonly firstRow: number },
): AsyncGenerator<ScannedRows> {
  const scan = new FileScan(instance, file, plan);
  let nextRow = firstRow;
  const counted = async function* (range: RowRange): AsyncGenerator<ScannedRows> {
    for await (const rows of scan.rows(range)) {
      yield rows;
      nextRow += rows.rowCount;
    }
  };
  for (;;) {
    try {
      yield* counted({ from: nextRow, to: file.rowCount });
      return;
    } catch (thrown) {
      if (!scan.readsBytes && isEncodingTrouble(thrown)) {
        options.onNote?.(`${file.path} has texts that are not UTF-8: their rows end as input_not_utf8.`);
        await scan.readBytes(options.stagingFolder);
        continue;
      }
      const failure = thrown instanceof TableError ? thrown : readFailure(file.path, thrown);
      if (!isDamage(thrown)) throw failure;
      if (!options.skipBadRows) throw withWayOn(failure);
      options.onNote?.(`${firstSentence(failure)} Its rows that cannot be read end as input_unreadable.`);
      break;
    }
  }
  for (const group of await scan.groupsFrom(nextRow)) {
    for (const { isReadable, ...range } of await scan.divide({
      ...group,
      from: Math.max(group.from, nextRow),
    })) {
      try {
        if (isReadable) yield* counted(range);
      } catch (thrown) {
        if (!isDamage(thrown)) throw readFailure(file.path, thrown);
      }
      if (nextRow < range.to) yield* scan.nulls({ from: nextRow, to: range.to });
      nextRow = range.to;
    }
  }
}

function isEncodingTrouble(thrown: unknown): boolean {
  return messageOf(thrown).includes('is not valid UTF8');
}

/** A disk that is full or gone is no damage of the file: its rows are still to be read. */
function isDamage(thrown: unknown): boolean {
  return !isDiskFull(thrown) && !messageOf(thrown).startsWith('IO Error');
}

/** Reads ranges of a file's rows. */
class FileScan {
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
    const { path, readPath } = this.#file;
    const { schema, columns: parts } = this.#plan;
    const present = await readColumns(connection, readPath, path);
    const columns = schema.map(
      ({ name, type }, i) => `${readAs(columnOf(present, name), type, partIn(parts, name))} AS c${i}`,
    );
    // A column of that very name hides the row number.
    const position = columnOf(present, ROW_NUMBER) ? 'row_number() OVER () - 1' : ROW_NUMBER;
    const binary = [parts.url, parts.caption].flatMap((name) => {
      const column = name === undefined ? undefined : columnOf(present, name);
      return column?.type === 'BLOB' ? column : [];
    });
    if (!this.readsBytes) return selectOf(parquetSource(this.#path), position, problemOf(binary), columns);
    const texts = textsIn(present, await readColumns(connection, this.#path, path));
    const replaced = texts.map(decoded).join(', ');
    const problem = problemOf([...binary, ...texts]);
    const source = `(SELECT * REPLACE (${replaced}), ${position} AS ${POSITION}, ${problem} AS ${PROBLEM}
      FROM ${parquetSource(this.#path)})`;
    return selectOf(source, POSITION, PROBLEM, columns);
  }
}

/** Names that no input has, it is to be hoped. */
const [POSITION, PROBLEM] = ['"bowerbird: position"', '"bowerbird: problem"'];

function selectOf(source: string, position: string, problem: string, columns: readonly string[]): string {
  const lead = [`${position} AS position`, `(${problem})::UTINYINT AS problem`];
  return `SELECT * FROM (SELECT ${[...lead, ...columns].join(', ')} FROM ${source})`;
}

/** The columns of texts that a copy has as bytes. */
function textsIn(present: readonly FileColumn[], copied: readonly FileColumn[]): FileColumn[] {
  return present.filter(({ name, type }) => type !== 'BLOB' && columnOf(copied, name)?.type === 'BLOB');
}

/** SQL that makes a text of bytes, null where they are none. */
function decoded({ name, type }: FileColumn): string {
  return `CAST(TRY(decode(${quoteName(name)})) AS ${type}) AS ${quoteName(name)}`;
}

/** SQL for the problem of a row of which one of these columns has bytes that are no text. */
function problemOf(columns: readonly FileColumn[]): string {
  if (columns.length === 0) return '0';
  const undecoded = columns.map(
    ({ name }) => `(${quoteName(name)} IS NOT NULL AND TRY(decode(${quoteName(name)})) IS NULL)`,
  );
  return `CASE WHEN ${undecoded.join(' OR ')} THEN ${ROW_PROBLEMS.input_not_utf8} ELSE 0 END`;
}
