import { type DuckDbOptions, openDuckDb } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';
import { parquetSource } from '../tables/sql.ts';

/** The tags of a shard's rows with status `success`, in no particular order; NaN = null. */
export interface TagValues {
  readonly aesthetic: Float32Array;
  readonly punsafe: Float32Array;
  readonly pwatermark: Float32Array;
  /** 1 = kept. */
  readonly kept: Uint8Array;
}

/**
 * Reads the tags that `writeTags` wrote, file by file: the tags and the verdict of the rows that were scored.
 *
 * @throws ShardError BB_SHARD_READ naming the file
 */
export async function* readTagValues(
  paths: readonly string[],
  options: DuckDbOptions,
): AsyncGenerator<TagValues> {
  const instance = await openDuckDb(options);
  const connection = await instance.connect();
  const value = (column: string): string => `coalesce(${column}, 'nan'::FLOAT)::FLOAT`;
  try {
    for (const path of paths) {
      try {
        const reader = await connection.runAndReadAll(
          `SELECT ${['aesthetic', 'punsafe', 'pwatermark'].map(value).join(', ')}, kept::UTINYINT FROM ${parquetSource(path)} WHERE status = 'success'`,
        );
        const [aesthetic, punsafe, pwatermark, kept] = reader.getColumnsJS() as number[][];
        yield {
          aesthetic: Float32Array.from(aesthetic ?? []),
          punsafe: Float32Array.from(punsafe ?? []),
          pwatermark: Float32Array.from(pwatermark ?? []),
          kept: Uint8Array.from(kept ?? []),
        };
      } catch (thrown) {
        throw readFailure(path, thrown);
      }
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
