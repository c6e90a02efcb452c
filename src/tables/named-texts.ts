import { storedSql } from './column-sql.ts';
import type { DuckDbOptions } from './duckdb.ts';
import { cellsOf, type NamedRowsRequest, type RowNames, readNamedRows } from './named-rows.ts';

/** Rows of a table: what names their samples, and their texts. */
export interface NamedTexts extends RowNames {
  /** Null where there is none, or a blank one. */
  readonly texts: readonly (string | null)[];
}

/** Streams a column, whose values are taken for texts, with the hash and the key of each row, file by file. @throws as `readNamedRows` */
export async function* readNamedTexts(
  request: NamedRowsRequest,
  options: DuckDbOptions,
): AsyncGenerator<NamedTexts> {
  const rows = readNamedRows(request, options, {
    sqlOf: (column) => `nullif(trim(CAST(${storedSql(column)} AS VARCHAR)), '')`,
    valuesOf: (chunk) => cellsOf<string>(chunk, 0),
  });
  for await (const { values: texts, ...names } of rows) yield { texts, ...names };
}
