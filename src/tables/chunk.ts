import type { DuckDBBlobVector, DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';

/**
 * A query's rows in their order, some at a time; each chunk is gone with the next one. No other statement may run on the
 * connection meanwhile. DuckDB works on the next chunk while one is looked at.
 *
 * @param rowCount how many rows there are
 * @throws errors of DuckDB, and where there are fewer rows
 */
export async function* streamChunks(
  connection: DuckDBConnection,
  sql: string,
  rowCount: number,
): AsyncGenerator<DuckDBDataChunk> {
  const result = await connection.stream(sql);
  let rows = 0;
  let next = result.fetchChunk();
  try {
    for (;;) {
      const chunk = await next;
      if (!chunk || chunk.rowCount === 0) break;
      next = result.fetchChunk();
      rows += chunk.rowCount;
      yield chunk;
      chunk.reset();
    }
  } finally {
    await next;
  }
  if (rows === rowCount) return;
  // A stream that fails ends as if it were complete; a query that gives one row reports its error.
  await connection.run(`SELECT max(hash(rest)) FROM (${sql}) AS rest`);
  throw new Error(`The rows end at ${rows} instead of ${rowCount}.`);
}

/*
 * Columns of DuckDB's chunks as whole arrays. The client hides them behind one call a value, at ten times the cost.
 */

interface OpenVector {
  readonly items: unknown;
  readonly validity: { readonly data: BigUint64Array | null };
}

/** A column's values; what stands where a value is null means nothing. */
export function itemsOf<Items>(chunk: DuckDBDataChunk, column: number): Items {
  return (chunk.getColumnVector(column) as unknown as OpenVector).items as Items;
}

/** Calls `onNull` with each row whose value is null. */
export function forEachNull(chunk: DuckDBDataChunk, column: number, onNull: (row: number) => void): void {
  const { data } = (chunk.getColumnVector(column) as unknown as OpenVector).validity;
  if (!data) return;
  // A bit for each row, 1 where there is a value.
  const words = new Uint32Array(data.buffer, data.byteOffset, 2 * data.length);
  // Read once: the count is asked of DuckDB every time.
  const { rowCount } = chunk;
  for (let row = 0; row < rowCount; row++) {
    if ((words[row >>> 5]! & (1 << (row & 31))) === 0) onNull(row);
  }
}

/** The bytes of a column of BLOB by row, null where the value is. They are DuckDB's own: gone with the next chunk. */
export function bytesIn(chunk: DuckDBDataChunk, column: number): (row: number) => Uint8Array | null {
  const vector = chunk.getColumnVector(column) as DuckDBBlobVector;
  return (row) => vector.getItemBytes(row);
}

interface OpenArrayVector extends OpenVector {
  readonly childData: OpenVector;
}

/**
 * The rows of a column of arrays of FLOAT, one after the other: float32 (rows, length). NaN stands for null, for a
 * whole row of it where the array is null. The values are DuckDB's own memory: gone with the next chunk.
 */
export function arrayRows(chunk: DuckDBDataChunk, column: number, length: number): Float32Array {
  const vector = chunk.getColumnVector(column) as unknown as OpenArrayVector;
  const values = (vector.childData.items as Float32Array).subarray(0, chunk.rowCount * length);
  forEachNull(chunk, column, (row) => values.fill(Number.NaN, row * length, (row + 1) * length));
  const { data } = vector.childData.validity;
  if (!data) return values;
  const words = new Uint32Array(data.buffer, data.byteOffset, 2 * data.length);
  for (let i = 0; i < values.length; i++) {
    if ((words[i >>> 5]! & (1 << (i & 31))) === 0) values[i] = Number.NaN;
  }
  return values;
}
