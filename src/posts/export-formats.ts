/** What of a table of posts is written. */
export const EXPORT_TABLES = ['posts', 'users', 'history', 'user_history'] as const;
export type ExportTable = (typeof EXPORT_TABLES)[number];

/** How it is written into a file: JSON Lines as mongoimport reads them, or a table. */
export const EXPORT_FORMATS = ['jsonl', 'csv', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What `score` reads: a folder. */
export const SHARDS_FORMAT = 'shards';
