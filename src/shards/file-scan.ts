import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';
import { partIn, readAs } from './column-sql.ts';
import { columnOf } from './columns.ts';
import { readFailure, ShardError } from './errors.ts';
import { readColumns } from './footer.ts';
import type { InputFile, RunPlan } from './plan.ts';
import { parquetSource } from './sql.ts';

/** The row number within the file is the first column of every chunk; the schema's columns follow. */
export const POSITION_TYPE = 'BIGINT';
/** DuckDB's name for a row's number within its Parquet file. */
const ROW_NUMBER = 'file_row_number';

/** Some consecutive rows of a file, as DuckDB gives them. They are gone once the next ones are asked for. */
export interface ScannedRows {
  readonly chunk: DuckDBDataChunk;
  /** Counted from 0 within the file. */
  readonly firstRow: number;
  readonly rowCount: number;
}

/**
 * Streams a file's rows from `firstRow` on, in order, each column as its type in the plan's schema (null where the file
 * has no such column). One pass; memory holds a few pages of the file, however large its row groups are.
 *
 * @throws ShardError BB_SHARD_READ
 */
export async function* scanFile(
  instance: DuckDBInstance,
  file: InputFile,
  plan: Pick<RunPlan, 'schema' | 'columns'>,
  firstRow: number,
): AsyncGenerator<ScannedRows> {
  const connection = await instance.connect();
  let nextRow = firstRow;
  try {
    const select = await scanQuery(connection, file, plan);
    const result = await connection.stream(`${select} WHERE position >= ${firstRow}`);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) break;
      checkOrder(file, chunk, nextRow);
      yield { chunk, firstRow: nextRow, rowCount: chunk.rowCount };
      nextRow += chunk.rowCount;
      // Its strings would otherwise stay until the garbage collector, which does not see them, comes round.
      chunk.reset();
    }
    // A stream that fails ends as if it were complete.
    if (nextRow !== file.rowCount) throw await findFailure(connection, select, file, nextRow);
  } catch (thrown) {
    throw thrown instanceof ShardError ? thrown : readFailure(file.path, thrown);
  } finally {
    connection.closeSync();
  }
}

async function scanQuery(
  connection: DuckDBConnection,
  file: InputFile,
  plan: Pick<RunPlan, 'schema' | 'columns'>,
): Promise<string> {
  const present = await readColumns(connection, file.readPath, file.path);
  const columns = plan.schema.map(
    ({ name, type }, i) => `${readAs(columnOf(present, name), type, partIn(plan.columns, name))} AS c${i}`,
  );
  // A column of that very name hides the row number.
  const position = columnOf(present, ROW_NUMBER) ? 'row_number() OVER () - 1' : ROW_NUMBER;
  return `SELECT * FROM (SELECT ${position} AS position, ${columns.join(', ')} FROM ${parquetSource(file.readPath)})`;
}

function checkOrder(file: InputFile, chunk: DuckDBDataChunk, nextRow: number): void {
  const positions = chunk.getColumnVector(0);
  const last = chunk.rowCount - 1;
  const isNext =
    positions.getItem(0) === BigInt(nextRow) && positions.getItem(last) === BigInt(nextRow + last);
  if (!isNext) throw readFailure(file.path, new Error(`Row ${nextRow} did not come in its turn.`));
}

/** Why a stream ended early: the rows that are left are read once more, in a way that does report its error. */
async function findFailure(
  connection: DuckDBConnection,
  select: string,
  file: InputFile,
  nextRow: number,
): Promise<ShardError> {
  try {
    await connection.run(`SELECT max(hash(rest)) FROM (${select} WHERE position >= ${nextRow}) AS rest`);
  } catch (thrown) {
    return readFailure(file.path, thrown);
  }
  return readFailure(file.path, new Error(`Its rows end at ${nextRow} instead of ${file.rowCount}.`));
}
