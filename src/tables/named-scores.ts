import type { DuckDBDataChunk } from '@duckdb/node-api';
import { forEachNull, itemsOf } from './chunk.ts';
import { numberSql, storedSql } from './column-sql.ts';
import { fitOf, storedType } from './columns.ts';
import type { DuckDbOptions } from './duckdb.ts';
import { type NamedRowsRequest, type RowNames, readNamedRows } from './named-rows.ts';

/** What is read of tables of scores. */
export type NamedScoresRequest = NamedRowsRequest;

/** Rows of a table: what names their samples, and their scores. */
export interface NamedScores extends RowNames {
  /** float64, NaN where there is none. */
  readonly scores: Float64Array;
}

/** Streams a column of numbers with the hash and the key of each row, file by file. @throws as `readNamedRows` */
export async function* readNamedScores(
  request: NamedScoresRequest,
  options: DuckDbOptions,
): AsyncGenerator<NamedScores> {
  const rows = readNamedRows(request, options, {
    sqlOf: (column, refuse) => {
      if (fitOf('aesthetic', storedType(column)) === 'unfit')
        throw refuse(`a column "${column.name}" of ${storedType(column)}, which is no number`);
      return numberSql(storedSql(column), storedType(column));
    },
    valuesOf: scoresOf,
  });
  for await (const { values: scores, ...names } of rows) yield { scores, ...names };
}

function scoresOf(chunk: DuckDBDataChunk): Float64Array {
  const scores = itemsOf<Float64Array>(chunk, 0).slice(0, chunk.rowCount);
  forEachNull(chunk, 0, (row) => {
    scores[row] = Number.NaN;
  });
  return scores;
}
