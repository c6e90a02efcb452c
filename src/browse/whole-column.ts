import { forEachNull, itemsOf, streamChunks } from '../tables/chunk.ts';
import { columnOf } from '../tables/columns.ts';
import { type DuckDBConnection, parquetSource, quoteName } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';
import { readFooter } from '../tables/footer.ts';
import type { Collection } from './collection.ts';
import type { ScoreIndex } from './score-index.ts';

/** The integers of a column, by row. */
export interface IntegerColumn {
  readonly values: BigInt64Array;
  /** 1 where a row has one. */
  readonly known: Uint8Array;
}

/**
 * Reads a column of integers of all rows: nine bytes a row.
 *
 * @returns undefined where the files have no column of that name, or it holds no integers
 * @throws TableError BB_SHARD_READ, BB_INPUT_UNREADABLE
 */
export async function readIntegers(
  connection: DuckDBConnection,
  { files }: Pick<Collection, 'files'>,
  index: ScoreIndex,
  name: string,
): Promise<IntegerColumn | undefined> {
  const [first] = files;
  const column = first && columnOf((await readFooter(connection, first.path)).columns, name);
  if (!column || !/INT/.test(column.type)) return undefined;
  const values = new BigInt64Array(index.rowCount);
  const known = new Uint8Array(index.rowCount).fill(1);
  for (const [number, { path, rowCount }] of files.entries()) {
    let row = index.firstRow(number);
    const sql = `SELECT TRY_CAST(${quoteName(column.name)} AS BIGINT) FROM ${parquetSource(path)}`;
    try {
      for await (const chunk of streamChunks(connection, sql, rowCount)) {
        values.set(itemsOf<BigInt64Array>(chunk, 0).subarray(0, chunk.rowCount), row);
        forEachNull(chunk, 0, (place) => {
          known[row + place] = 0;
        });
        row += chunk.rowCount;
      }
    } catch (thrown) {
      throw readFailure(path, thrown);
    }
  }
  return { values, known };
}
