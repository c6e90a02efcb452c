import { type DuckDBConnection, type DuckDbOptions, openDuckDb } from '../tables/duckdb.ts';
import { createPostViews, type PostsTable } from './table.ts';

/**
 * Runs a piece of work on a connection that has the views of a table of posts.
 *
 * @throws errors of DuckDB, and what `work` throws
 */
export async function withViews<T>(
  posts: PostsTable,
  options: DuckDbOptions,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await openDuckDb(options);
  const connection = await instance.connect();
  try {
    await createPostViews(connection, posts);
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
