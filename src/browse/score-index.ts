import { forEachNull, itemsOf } from '../tables/chunk.ts';
import { type DuckDBConnection, type DuckDBDataChunk, parquetSource, quoteName } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';
import type { Collection, RowFile } from './collection.ts';
import { FATES, fateSql, UNKNOWN_FATE } from './fates.ts';

/** Where a row lies. */
export interface RowPlace {
  /** Number of its file. */
  readonly file: number;
  /** Counted from 0 within the file. */
  readonly row: number;
}

/**
 * What rows are sorted and filtered by, in memory: four bytes a row for each score, one for how it ended, and eight for its key
 * where that is what leads to its picture.
 */
export class ScoreIndex {
  readonly rowCount: number;
  /** By name, NaN where a row has none; in the order in which they matter. */
  readonly scores: ReadonlyMap<string, Float32Array>;
  /** Places in `FATES`. */
  readonly fates: Uint8Array;
  /** The numbers that keys of the run with the pictures are, NaN for others; where the rows are not that run's own. */
  readonly keys: Float64Array | undefined;
  readonly #firstRows: readonly number[];

  constructor({ files, scores, columns }: Pick<Collection, 'files' | 'scores' | 'columns'>) {
    let rowCount = 0;
    this.#firstRows = files.map((file) => {
      const first = rowCount;
      rowCount += file.rowCount;
      return first;
    });
    this.rowCount = rowCount;
    this.scores = new Map(scores.map((name) => [name, new Float32Array(rowCount)]));
    this.fates = new Uint8Array(rowCount);
    this.keys = columns.pictureKey ? new Float64Array(rowCount) : undefined;
  }

  firstRow(file: number): number {
    return this.#firstRows[file]!;
  }

  placeOf(row: number): RowPlace {
    let [low, high] = [0, this.#firstRows.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#firstRows[middle]! <= row) low = middle;
      else high = middle - 1;
    }
    return { file: low, row: row - this.#firstRows[low]! };
  }

  /** How many rows ended in each way, by the places in `FATES`. */
  countFates(): Uint32Array {
    const counts = new Uint32Array(FATES.length);
    for (const fate of this.fates) counts[fate]!++;
    return counts;
  }
}

/**
 * Reads scores and fates, a file after the other, in one pass over these columns alone.
 *
 * @param onProgress told how many rows are read
 * @throws TableError BB_SHARD_READ; the signal's reason
 */
export async function readScores(
  connection: DuckDBConnection,
  collection: Collection,
  { onProgress, signal }: { onProgress: (rows: number) => void; signal: AbortSignal },
): Promise<ScoreIndex> {
  const index = new ScoreIndex(collection);
  for (const [number, file] of collection.files.entries()) {
    signal.throwIfAborted();
    try {
      await readFile(connection, collection, { index, file, firstRow: index.firstRow(number) });
    } catch (thrown) {
      signal.throwIfAborted();
      throw readFailure(file.path, thrown);
    }
    onProgress(index.firstRow(number) + file.rowCount);
  }
  return index;
}

interface Reading {
  readonly index: ScoreIndex;
  readonly file: RowFile;
  readonly firstRow: number;
}

async function readFile(
  connection: DuckDBConnection,
  { scores, columns }: Collection,
  { index, file, firstRow }: Reading,
): Promise<void> {
  const values = [
    columns.hasFates ? fateSql() : '0::UTINYINT',
    ...scores.map((name) => `TRY_CAST(${quoteName(name)} AS FLOAT)`),
    ...(index.keys ? [`TRY_CAST(${quoteName(columns.pictureKey!)} AS DOUBLE)`] : []),
  ];
  const result = await connection.stream(`SELECT ${values.join(', ')} FROM ${parquetSource(file.path)}`);
  let row = firstRow;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) break;
    takeChunk(index, chunk, row);
    row += chunk.rowCount;
    chunk.reset();
  }
  if (row !== firstRow + file.rowCount)
    throw new Error(`The rows end at ${row - firstRow} of ${file.rowCount}.`);
}

function takeChunk({ fates, scores, keys }: ScoreIndex, chunk: DuckDBDataChunk, row: number): void {
  takeColumn(fates, chunk, { column: 0, row, missing: UNKNOWN_FATE });
  let column = 1;
  for (const values of scores.values())
    takeColumn(values, chunk, { column: column++, row, missing: Number.NaN });
  if (keys) takeColumn(keys, chunk, { column, row, missing: Number.NaN });
}

function takeColumn<Items extends Uint8Array | Float32Array | Float64Array>(
  into: Items,
  chunk: DuckDBDataChunk,
  { column, row, missing }: { column: number; row: number; missing: number },
): void {
  into.set(itemsOf<Items>(chunk, column).subarray(0, chunk.rowCount), row);
  forEachNull(chunk, column, (place) => {
    into[row + place] = missing;
  });
}
