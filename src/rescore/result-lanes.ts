import type { Tag, TagName } from '../samples/tags.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import type { FilledColumn, NumericValues } from '../tables/filled-table.ts';
import { PulledColumns } from '../tables/pulled-table.ts';
import type { JudgedRows, ScoredRows } from './judge.ts';

/** Rows of a shard, scored and judged. */
export interface ResultRows {
  readonly rows: ScoredRows;
  readonly judged: JudgedRows;
}

/**
 * The results of shards as tables that DuckDB pulls from memory, one for each shard that is written at the time: a table that
 * they are copied to first costs more than the Parquet file. Their columns are position, verdict (of `JudgedRows`), the tags
 * that a row of the run can have, and extra0, extra1, ...
 */
export class ResultLanes {
  /** The tags among the columns; all others are null in every row. */
  readonly tags: readonly Tag[];
  readonly #extraColumns: readonly TagName[];
  readonly #columns: readonly FilledColumn[];
  readonly #idle: PulledColumns[] = [];
  #count = 0;

  constructor(tags: readonly Tag[], extraColumns: readonly TagName[]) {
    const score = (name: string): FilledColumn => ({ name, type: 'FLOAT', nullIs: Number.NaN });
    this.tags = tags;
    this.#extraColumns = extraColumns;
    this.#columns = [
      { name: 'position', type: 'INTEGER' },
      { name: 'verdict', type: 'UTINYINT' },
      ...tags.map(score),
      ...extraColumns.map((_, i) => score(`extra${i}`)),
    ];
  }

  /** Does something with a table of results, given what it is in SQL. */
  async use<T>(
    connection: DuckDBConnection,
    results: ResultRows,
    work: (table: string) => Promise<T>,
  ): Promise<T> {
    const lane = this.#idle.pop() ?? new PulledColumns(connection, `results_${this.#count++}`, this.#columns);
    lane.give(this.#valuesOf(results));
    try {
      return await work(`${lane.name}()`);
    } finally {
      lane.give([]);
      this.#idle.push(lane);
    }
  }

  #valuesOf({ rows: { rowCount, scores }, judged: { tags, verdicts } }: ResultRows): NumericValues[] {
    return [
      placesOf(rowCount),
      verdicts,
      ...this.tags.map((tag) => tags[tag]),
      ...this.#extraColumns.map((name) => scores.get(name)!),
    ];
  }
}

/** 0, 1, ... `Int32Array.from` asks an iterator for each. */
function placesOf(rowCount: number): Int32Array {
  const places = new Int32Array(rowCount);
  for (let row = 0; row < rowCount; row++) places[row] = row;
  return places;
}
