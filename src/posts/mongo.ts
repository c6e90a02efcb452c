import { streamChunks } from '../tables/chunk.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import { type ExportTable, exportedSql } from './export-formats.ts';

/*
 * JSON Lines that mongoimport takes: MongoDB's Extended JSON (v2, relaxed), in which a date and an integer beyond 2^53 are objects of one key.
 * https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/
 */

type Kind = 'text' | 'integer' | 'time' | 'flag';

/** The fields of each document, in their order, and SQL for each. Posts and users have an `_id`, so that an import with --mode upsert replaces them. */
const FIELDS: Readonly<Record<ExportTable, readonly (readonly [name: string, kind: Kind, sql?: string])[]>> =
  {
    posts: [
      ['_id', 'text', 'post_id'],
      ['post_id', 'text'],
      ['user', 'text'],
      ['likes', 'integer'],
      ['comments', 'integer'],
      ['time', 'time'],
      ['caption', 'text'],
      ['image_path', 'text'],
      ['url', 'text'],
      ['image_count', 'integer'],
      ['source', 'text'],
      ['first_seen', 'time'],
      ['last_seen', 'time'],
      ['hash', 'integer'],
    ],
    users: [
      ['_id', 'text', 'user'],
      ['user', 'text'],
      ['name', 'text'],
      ['followers', 'integer'],
      ['posts_count', 'integer'],
      ['seen_at', 'time'],
    ],
    history: [
      ['post_id', 'text'],
      ['likes', 'integer'],
      ['likes_hidden', 'flag'],
      ['comments', 'integer'],
      ['seen_at', 'time'],
    ],
    user_history: [
      ['user', 'text'],
      ['name', 'text'],
      ['followers', 'integer'],
      ['posts_count', 'integer'],
      ['seen_at', 'time'],
    ],
  };

/** Which rows are written. */
export interface MongoExport {
  readonly table: ExportTable;
  readonly rowCount: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((rows: number) => void) | undefined;
}

/** A view's rows as lines, some at a time; what is null is left out. @throws errors of DuckDB; the signal's reason when it is aborted */
export async function* mongoLines(connection: DuckDBConnection, wanted: MongoExport): AsyncGenerator<string> {
  const { table, rowCount, signal, onProgress } = wanted;
  const fields = FIELDS[table];
  const values = fields.map(([name, kind, sql = name]) => valueSql(kind, `"${sql}"`));
  let rows = 0;
  for await (const chunk of streamChunks(
    connection,
    `SELECT ${values.join(', ')} FROM ${exportedSql(table)}`,
    rowCount,
  )) {
    signal?.throwIfAborted();
    const columns = fields.map((_, i) => chunk.getColumnVector(i));
    const lines = Array.from({ length: chunk.rowCount }, (_, row) => {
      const entries = fields.flatMap(([name, kind], i) => {
        const value = columns[i]!.getItem(row) as string | bigint | boolean | null;
        return value === null ? [] : [[name, extended(kind, value)] as const];
      });
      return `${JSON.stringify(Object.fromEntries(entries))}\n`;
    });
    yield lines.join('');
    rows += chunk.rowCount;
    onProgress?.(rows);
  }
}

function valueSql(kind: Kind, sql: string): string {
  if (kind === 'text') return sql;
  // What is not so is left out.
  if (kind === 'flag') return `nullif(${sql}, false)`;
  return kind === 'time' ? `epoch_ms(${sql})` : `${sql}::BIGINT`;
}

function extended(kind: Kind, value: string | bigint | boolean): unknown {
  if (typeof value !== 'bigint') return value;
  if (kind === 'time') return { $date: new Date(Number(value)).toISOString() };
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : { $numberLong: String(value) };
}
