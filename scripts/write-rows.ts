import { DuckDBInstance } from '../src/tables/duckdb-library.ts';

/** The column types that `writeRows` writes. */
export type ColumnType = 'VARCHAR' | 'INTEGER' | 'BIGINT' | 'FLOAT' | 'DOUBLE';

/** One value of a row; INTEGER, FLOAT and DOUBLE take numbers, BIGINT takes bigints. */
export type CellValue = string | number | bigint | null | undefined;

/** Writes rows to a snappy Parquet file with DuckDB, columns in the order given; absent values become null. */
export async function writeRows(
  path: string,
  columns: Readonly<Record<string, ColumnType>>,
  rows: readonly Readonly<Record<string, CellValue>>[],
): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const definitions = Object.entries(columns).map(([name, type]) => `${quoteName(name)} ${type}`);
    await connection.run(`CREATE TABLE rows (${definitions.join(', ')})`);
    const appender = await connection.createAppender('rows');
    for (const row of rows) {
      for (const [name, type] of Object.entries(columns)) {
        const value = row[name] ?? null;
        if (value === null) appender.appendNull();
        else if (type === 'VARCHAR') appender.appendVarchar(value as string);
        else if (type === 'INTEGER') appender.appendInteger(value as number);
        else if (type === 'BIGINT') appender.appendBigInt(value as bigint);
        else if (type === 'FLOAT') appender.appendFloat(value as number);
        else appender.appendDouble(value as number);
      }
      appender.endRow();
    }
    appender.closeSync();
    await connection.run(`COPY rows TO '${path.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION snappy)`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
