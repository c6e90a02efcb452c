import type { TagColumns } from '../samples/tag-columns.ts';
import { byTag, TAGS } from '../samples/tags.ts';
import { itemsOf } from '../tables/chunk.ts';
import { type DuckDbOptions, openDuckDb, parquetSource } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';

/** Tags of rows with status `success`, in no particular order. */
export interface ScoredTags extends TagColumns {
  /** 1 = kept. */
  readonly kept: Uint8Array;
}

/**
 * Reads the tags that `writeTags` wrote, file by file, some rows at a time: the tags and the verdict of the rows that were
 * scored. What it gives is gone with the next.
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
        const result = await connection.run(
          `SELECT ${TAGS.map(value).join(', ')}, coalesce(kept, false)::UTINYINT FROM ${parquetSource(path)} WHERE status = 'success'`,
        );
        for (;;) {
          const chunk = await result.fetchChunk();
          if (!chunk || chunk.rowCount === 0) break;
          yield {
            ...byTag((tag) => itemsOf<Float32Array>(chunk, TAGS.indexOf(tag))),
            kept: itemsOf<Uint8Array>(chunk, TAGS.length),
          };
          chunk.reset();
        }
      } catch (thrown) {
        throw readFailure(path, thrown);
      }
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
