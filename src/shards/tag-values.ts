import type { TagColumns } from '../samples/tag-columns.ts';
import { byTag, TAGS } from '../samples/tags.ts';
import { type DuckDbOptions, openDuckDb, parquetSource } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';

/** The tags of a shard's rows with status `success`, in no particular order. */
export interface ScoredTags extends TagColumns {
  /** 1 = kept. */
  readonly kept: Uint8Array;
}

/**
 * Reads the tags that `writeTags` wrote, file by file: the tags and the verdict of the rows that were scored.
 *
 * @throws TableError BB_SHARD_READ naming the file
 */
export async function* readTagValues(
  paths: readonly string[],
  options: DuckDbOptions,
): AsyncGenerator<ScoredTags> {
  const instance = await openDuckDb(options);
  const connection = await instance.connect();
  const value = (column: string): string => `coalesce(${column}, 'nan'::FLOAT)::FLOAT`;
  try {
    for (const path of paths) {
      try {
        const reader = await connection.runAndReadAll(
          `SELECT ${TAGS.map(value).join(', ')}, kept::UTINYINT FROM ${parquetSource(path)} WHERE status = 'success'`,
        );
        const columns = reader.getColumnsJS() as number[][];
        yield {
          ...byTag((tag) => Float32Array.from(columns[TAGS.indexOf(tag)] ?? [])),
          kept: Uint8Array.from(columns[TAGS.length] ?? []),
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
