import { TAGS, type Tag } from '../samples/tags.ts';
import { forEachNull, itemsOf } from '../tables/chunk.ts';
import type { DuckDBDataChunk } from '../tables/duckdb.ts';
import { type Batch, sourceOf } from './batches.ts';
import type { TallyDatabase } from './database.ts';
import type { TagArrays } from './row-tally.ts';

/** Some rows of a batch: gone with the next ones. */
export interface ScoredRows {
  /** Rows that did not fail. */
  readonly rowCount: number;
  readonly tags: TagArrays;
  /** Of them, those whose score is null. */
  readonly nullScores: number;
  /** Rows of a run that were not scored; their tags are left out. */
  readonly failed: number;
}

/**
 * Reads the tags of a batch's rows, in no particular order.
 *
 * @param wanted the tags that are looked at
 * @throws errors of DuckDB; the signal's reason once it is aborted
 */
export async function* readScores(
  database: TallyDatabase,
  batch: Batch,
  wanted: readonly Tag[] = TAGS,
): AsyncGenerator<ScoredRows> {
  const { expressions, files } = batch;
  const present = wanted.filter((tag) => expressions[tag] !== undefined);
  const hasFailed = expressions.failed !== undefined;
  const values = [
    ...present.map((tag) => expressions[tag]),
    ...(hasFailed ? [`coalesce(${expressions.failed}, FALSE)::UTINYINT`] : []),
  ];
  const rowCount = files.reduce((sum, file) => sum + file.rowCount, 0);
  const sql = `SELECT ${values.join(', ')} FROM ${sourceOf(batch)}`;
  for await (const chunk of database.stream(sql, rowCount)) yield rowsOf(chunk, present, hasFailed);
}

function rowsOf(chunk: DuckDBDataChunk, present: readonly Tag[], hasFailed: boolean): ScoredRows {
  const columns = present.map((_, i) => itemsOf<Float32Array>(chunk, i));
  const failed = hasFailed ? itemsOf<Uint8Array>(chunk, present.length) : undefined;
  let nullScores = 0;
  for (const [i, values] of columns.entries()) {
    forEachNull(chunk, i, (row) => {
      values[row] = Number.NaN;
      if (present[i] === 'aesthetic' && failed?.[row] !== 1) nullScores++;
    });
  }
  const rowCount = columns[0]!.length;
  const kept = failed ? dropRows(columns, failed) : rowCount;
  const tags: Partial<Record<Tag, Float32Array>> = {};
  for (const [i, tag] of present.entries()) tags[tag] = columns[i]!.subarray(0, kept);
  return { rowCount: kept, tags: { ...NO_TAGS, ...tags }, nullScores, failed: rowCount - kept };
}

const NO_TAGS: TagArrays = { aesthetic: undefined, punsafe: undefined, pwatermark: undefined };

/** Moves the rows that are left to the front, and gives their number. */
function dropRows(columns: readonly Float32Array[], isDropped: Uint8Array): number {
  let kept = 0;
  for (let row = 0; row < isDropped.length; row++) {
    if (isDropped[row] === 1) continue;
    for (const values of columns) values[kept] = values[row]!;
    kept++;
  }
  return kept;
}
