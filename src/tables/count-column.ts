import { BowerbirdError, messageOf } from '../base/errors.ts';
import { forEachNull, itemsOf, streamChunks } from '../tables/chunk.ts';
import { openDuckDb, parquetSource, quoteName } from '../tables/duckdb.ts';
import { unreadable } from '../tables/errors.ts';
import type { FoundInput, TextOptions } from '../tables/formats.ts';
import { makeReadable, textNote } from '../tables/readable.ts';

const MEMORY_MB = 512;

/** A column of counts. */
export interface CountColumn {
  /** Those from 0 on, in the order of the rows. */
  readonly counts: Float64Array;
  /** Rows of the table; those without a value; those with one that is no number from 0 on. */
  readonly rows: number;
  readonly withoutValue: number;
  readonly noCount: number;
}

export interface CountColumnOptions {
  readonly text: TextOptions;
  /** For what is converted; the caller removes it. */
  readonly temporaryFolder: string;
  readonly signal?: AbortSignal | undefined;
  readonly onNote?: ((message: string) => void) | undefined;
  readonly onProgress?: ((rows: number) => void) | undefined;
}

/**
 * Reads a column of counts (likes) of a table of any format: 8 bytes a row.
 *
 * @throws TableError BB_INPUT_FORMAT, BB_INPUT_UNREADABLE; BowerbirdError BB_COLUMN_MISSING, BB_INPUT_VALUE where there is no count; the signal's
 *   reason when it is aborted
 */
export async function readCountColumn(
  input: FoundInput,
  column: string,
  options: CountColumnOptions,
): Promise<CountColumn> {
  const { temporaryFolder, text } = options;
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_MB, temporaryFolder });
  const connection = await instance.connect();
  try {
    const table = await makeReadable(instance, input, { stagingFolder: temporaryFolder, text });
    const note = textNote(table);
    if (note !== undefined) options.onNote?.(note);
    const found = table.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase());
    if (!found)
      throw missing(
        input.path,
        column,
        table.columns.map(({ name }) => name),
      );
    const value = quoteName(found.name);
    const select = `SELECT TRY_CAST(${value} AS DOUBLE), ${value} IS NULL FROM ${parquetSource(table.readPath)}`;
    const result = new Counts(table.rowCount);
    for await (const chunk of streamChunks(connection, select, table.rowCount)) {
      options.signal?.throwIfAborted();
      result.add(chunk);
      options.onProgress?.(result.rows);
    }
    return result.column(input.path, found.name);
  } catch (thrown) {
    if (thrown === options.signal?.reason || thrown instanceof BowerbirdError) throw thrown;
    throw unreadable(input.path, messageOf(thrown), thrown);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

class Counts {
  rows = 0;
  #withoutValue = 0;
  readonly #counts: Float64Array;
  #length = 0;

  constructor(rowCount: number) {
    this.#counts = new Float64Array(rowCount);
  }

  add(chunk: Parameters<typeof forEachNull>[0]): void {
    const values = itemsOf<Float64Array>(chunk, 0);
    const isNone = new Uint8Array(chunk.rowCount);
    forEachNull(chunk, 0, (row) => {
      isNone[row] = 1;
    });
    const isNull = chunk.getColumnVector(1);
    for (let row = 0; row < chunk.rowCount; row++) {
      const value = values[row]!;
      if (isNull.getItem(row) === true) this.#withoutValue++;
      else if (isNone[row] === 0 && value >= 0 && value <= Number.MAX_SAFE_INTEGER)
        this.#counts[this.#length++] = value;
    }
    this.rows += chunk.rowCount;
  }

  column(path: string, name: string): CountColumn {
    const counts = this.#counts.subarray(0, this.#length);
    const withoutValue = this.#withoutValue;
    const noCount = this.rows - withoutValue - counts.length;
    if (counts.length > 0) return { counts, rows: this.rows, withoutValue, noCount };
    throw new BowerbirdError(
      'BB_INPUT_VALUE',
      `Column "${name}" of ${path} has no count: ${withoutValue} of ${this.rows} rows have no value, ${noCount} something else. Name a column of numbers from 0 on with --column.`,
      { fields: { path, column: name } },
    );
  }
}

function missing(path: string, column: string, columns: readonly string[]): BowerbirdError {
  return new BowerbirdError(
    'BB_COLUMN_MISSING',
    `${path} has no column "${column}". It has: ${columns.join(', ')}. Name one with --column.`,
    { fields: { path, column, columns } },
  );
}
