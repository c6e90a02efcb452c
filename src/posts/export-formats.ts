/** What of a table of posts is written. */
export const EXPORT_TABLES = ['posts', 'users', 'history', 'user_history'] as const;
export type ExportTable = (typeof EXPORT_TABLES)[number];

/** How it is written into a file: JSON Lines as mongoimport reads them, or a table. */
export const EXPORT_FORMATS = ['jsonl', 'csv', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What `score` reads: a folder. */
export const SHARDS_FORMAT = 'shards';

/** History in its order, and whether likes that were known were said to be hidden then: without it, null says nothing to `posts add`. */
const HISTORY_SQL = `(SELECT post_id, likes, likes IS NULL AND count(likes) OVER (
    PARTITION BY post_id ORDER BY seen_at ROWS UNBOUNDED PRECEDING) > 0 AS likes_hidden, comments, seen_at
  FROM (SELECT *, row_number() OVER () AS place FROM history) ORDER BY place)`;

/** SQL for the rows that are written of a table, after FROM. */
export function exportedSql(table: ExportTable): string {
  return table === 'history' ? HISTORY_SQL : table;
}
