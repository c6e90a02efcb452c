import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readNames, shardFileName } from '../../runs/run-files.ts';
import { type DuckDBConnection, parquetSource, quoteName } from '../../tables/duckdb.ts';
import type { RunKeys } from './run-keys.ts';

/** Which rows of a run's shards have their images saved, by what the tables beside the images say: four bytes for each. */
export class SavedRows {
  /** By shard, the saved rows' indexes in it, ascending: their places are the rows of the table. */
  readonly #indexes = new Map<number, Int32Array>();

  /** Reads the keys of all tables. One that cannot be read is told of, and its shard has none. */
  static async read(
    connection: DuckDBConnection,
    runFolder: string,
    { keys, onNote }: { readonly keys: RunKeys; readonly onNote: (note: string) => void },
  ): Promise<SavedRows> {
    const rows = new SavedRows();
    for (const name of await readNames(join(runFolder, 'images'))) {
      const [, number] = /^(\d{5,})\.parquet$/.exec(name) ?? [];
      if (number === undefined || !existsSync(join(runFolder, shardFileName('stats', Number(number)))))
        continue;
      const table = join(runFolder, 'images', name);
      const indexes = await indexesIn(connection, table, keys).catch(() => undefined);
      if (indexes) rows.#indexes.set(Number(number), indexes);
      else onNote(`${table} cannot be read, so the images that were saved with it are not shown.`);
    }
    return rows;
  }

  get isEmpty(): boolean {
    return this.#indexes.size === 0;
  }

  /** How many of a shard are saved. */
  countOf(shardId: number): number {
    return this.#indexes.get(shardId)?.length ?? 0;
  }

  /** The row of the shard's table; undefined where the image of this one is not saved. */
  placeOf(shardId: number, index: number): number | undefined {
    const indexes = this.#indexes.get(shardId) ?? new Int32Array();
    let [low, high] = [0, indexes.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (indexes[middle]! < index) low = middle + 1;
      else high = middle;
    }
    return indexes[low] === index ? low : undefined;
  }
}

/** @throws errors of DuckDB, and where a key is none of a run's */
async function indexesIn(connection: DuckDBConnection, table: string, keys: RunKeys): Promise<Int32Array> {
  const reader = await connection.runAndReadAll(
    `SELECT ${quoteName('key')}::DOUBLE FROM ${parquetSource(table)}`,
  );
  const [column = []] = reader.getColumnsJS() as number[][];
  return Int32Array.from(column, (key) => keys.placeOf(key)!.index);
}
