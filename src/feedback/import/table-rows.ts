import { BowerbirdError, messageOf } from '../../base/errors.ts';
import { streamChunks } from '../../tables/chunk.ts';
import { openDuckDb, parquetSource, quoteName } from '../../tables/duckdb.ts';
import { unreadable } from '../../tables/errors.ts';
import type { InputFormat, TextOptions } from '../../tables/formats.ts';
import { makeReadable, textNote } from '../../tables/readable.ts';
import { unescapeCell } from '../csv.ts';
import { type ShapeChoice, shapeOf } from './columns.ts';
import type { RowValues } from './row-answer.ts';

const MEMORY_MB = 512;

/** How tables are read. */
export interface TableReading extends ShapeChoice {
  readonly format: InputFormat;
  readonly text: TextOptions;
  readonly temporaryFolder: string;
  readonly onNote?: ((message: string) => void) | undefined;
}

/** Rows of a table, some at a time. */
export interface TableRows {
  readonly firstRow: number;
  readonly rows: readonly RowValues[];
  /** `feedback export` wrote the table. */
  readonly isExport: boolean;
}

/**
 * The rows of a table of any format, all values as texts, in their order.
 *
 * @throws TableError BB_INPUT_FORMAT, BB_INPUT_UNREADABLE; BowerbirdError BB_COLUMN_MISSING, BB_USAGE
 */
export async function* tableRows(path: string, reading: TableReading): AsyncGenerator<TableRows> {
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_MB, temporaryFolder: reading.temporaryFolder });
  try {
    const input = await makeReadable(
      instance,
      { path, format: reading.format },
      { stagingFolder: reading.temporaryFolder, text: reading.text },
    );
    const note = textNote(input, 'It brings no answer.');
    if (note !== undefined) reading.onNote?.(note);
    const { roles, mode, isExport } = shapeOf(
      path,
      input.columns.map(({ name }) => name),
      reading,
    );
    const found = Object.entries(roles);
    const values = found.map(([, name]) => `${quoteName(name)}::VARCHAR`);
    const select = `SELECT ${values.join(', ')} FROM ${parquetSource(input.readPath)}`;
    const clean = isDelimited(reading.format) ? unescapeCell : (text: string | null) => text;
    const connection = await instance.connect();
    let firstRow = 1;
    try {
      for await (const chunk of streamChunks(connection, select, input.rowCount)) {
        const columns = found.map((_, i) => chunk.getColumnVector(i));
        const rows = Array.from({ length: chunk.rowCount }, (_, row): RowValues => {
          const said = found.map(([role], i) => [role, clean(columns[i]!.getItem(row) as string | null)]);
          return { ...(mode && { mode }), ...Object.fromEntries(said) };
        });
        yield { firstRow, rows, isExport };
        firstRow += rows.length;
      }
    } finally {
      connection.closeSync();
    }
  } catch (thrown) {
    throw thrown instanceof BowerbirdError ? thrown : unreadable(path, messageOf(thrown), thrown);
  } finally {
    instance.closeSync();
  }
}

function isDelimited(format: InputFormat): boolean {
  return format === 'csv' || format === 'tsv';
}
