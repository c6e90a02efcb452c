import {
  type DuckDBConnection,
  type DuckDBInstance,
  openDuckDb,
  parquetSource,
  queryRows,
  quoteText,
} from '../tables/duckdb.ts';
import { readFailure, writeFailure } from '../tables/errors.ts';
import { type ColumnValues, type FilledColumn, FilledTable } from '../tables/filled-table.ts';
import type { Post } from './post.ts';

/** A post as a page showed it. */
export interface SeenPost extends Post {
  /** When its page came, in ms since 1970. */
  readonly seenMs: number;
}

/** Counts of a post that have changed since they were written last. */
export interface Update {
  readonly id: string;
  readonly likes: number | null;
  readonly comments: number | null;
  /** In ms since 1970. */
  readonly seenMs: number;
}

/** A column as it is filled, and the SQL that makes of it what is written. */
interface Column<Row> extends Pick<FilledColumn, 'name' | 'type'> {
  readonly of: (row: Row) => string | bigint | number | boolean | null;
  readonly isTime?: true;
}

/** Microseconds, as DuckDB counts time. */
function microseconds(ms: number | null): bigint | null {
  return ms === null ? null : BigInt(ms) * 1000n;
}

function whole(value: number | null): bigint | null {
  return value === null ? null : BigInt(value);
}

const POST_COLUMNS = (source: string): readonly Column<SeenPost>[] => [
  { name: 'URL', type: 'VARCHAR', of: ({ url }) => url },
  { name: 'TEXT', type: 'VARCHAR', of: ({ text }) => text },
  { name: 'post_id', type: 'VARCHAR', of: ({ id }) => id },
  { name: 'user', type: 'VARCHAR', of: ({ user }) => user },
  { name: 'likes', type: 'BIGINT', of: ({ likes }) => whole(likes) },
  { name: 'comments', type: 'BIGINT', of: ({ comments }) => whole(comments) },
  { name: 'time', type: 'BIGINT', isTime: true, of: ({ timeMs }) => microseconds(timeMs) },
  { name: 'permalink', type: 'VARCHAR', of: ({ permalink }) => permalink },
  { name: 'over_18', type: 'BOOLEAN', of: ({ over18 }) => over18 },
  { name: 'width', type: 'INTEGER', of: ({ width }) => width },
  { name: 'height', type: 'INTEGER', of: ({ height }) => height },
  { name: 'source', type: 'VARCHAR', of: () => source },
  { name: 'seen_at', type: 'BIGINT', isTime: true, of: ({ seenMs }) => microseconds(seenMs) },
];

const UPDATE_COLUMNS: readonly Column<Update>[] = [
  { name: 'post_id', type: 'VARCHAR', of: ({ id }) => id },
  { name: 'likes', type: 'BIGINT', of: ({ likes }) => whole(likes) },
  { name: 'comments', type: 'BIGINT', of: ({ comments }) => whole(comments) },
  { name: 'seen_at', type: 'BIGINT', isTime: true, of: ({ seenMs }) => microseconds(seenMs) },
];

const MEMORY_MB = 256;

/** Writes and reads the Parquet files of a collection. */
export class PostTables {
  readonly #temporaryFolder: string;
  #instance: DuckDBInstance | undefined;

  constructor(temporaryFolder: string) {
    this.#temporaryFolder = temporaryFolder;
  }

  /** @param source the column `source` @throws TableError BB_SHARD_WRITE, BB_DISK_FULL */
  async writePosts(path: string, posts: readonly SeenPost[], source: string): Promise<void> {
    await this.#write(path, POST_COLUMNS(source), posts);
  }

  /** @throws TableError BB_SHARD_WRITE, BB_DISK_FULL */
  async writeUpdates(path: string, updates: readonly Update[]): Promise<void> {
    await this.#write(path, UPDATE_COLUMNS, updates);
  }

  /** The ids of a file of posts or of updates, and what likes it says. @throws TableError BB_SHARD_READ */
  async readLikes(path: string): Promise<{ readonly id: string; readonly likes: number | null }[]> {
    try {
      return await this.#use(async (connection) => {
        const sql = `SELECT post_id AS id, likes FROM ${parquetSource(path)} WHERE post_id IS NOT NULL`;
        const rows = await queryRows<{ id: string; likes: bigint | null }>(connection, sql);
        return rows.map(({ id, likes }) => ({ id, likes: likes === null ? null : Number(likes) }));
      });
    } catch (thrown) {
      throw readFailure(path, thrown);
    }
  }

  close(): void {
    this.#instance?.closeSync();
    this.#instance = undefined;
  }

  async #write<Row>(path: string, columns: readonly Column<Row>[], rows: readonly Row[]): Promise<void> {
    try {
      await this.#use(async (connection) => {
        const table = await FilledTable.create(connection, { database: 'temp', table: 'collected' }, columns);
        table.append(columns.map(({ of }): ColumnValues => rows.map(of)));
        table.close();
        const selects = columns.map(({ name, isTime }) =>
          isTime ? `make_timestamptz("${name}") AS "${name}"` : `"${name}"`,
        );
        await connection.run(
          `COPY (SELECT ${selects.join(', ')} FROM temp.collected ORDER BY rowid) TO ${quoteText(path)}
           (FORMAT parquet, COMPRESSION snappy, USE_TMP_FILE false)`,
        );
        await connection.run('DROP TABLE temp.collected');
      });
    } catch (thrown) {
      throw writeFailure(path, thrown);
    }
  }

  async #use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    this.#instance ??= await openDuckDb({
      memoryLimitMb: MEMORY_MB,
      temporaryFolder: this.#temporaryFolder,
    });
    const connection = await this.#instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }
}
