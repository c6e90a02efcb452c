/** What of a table of posts is written. */
export const EXPORT_TABLES = ['posts', 'users', 'history', 'user_history'] as const;
export type ExportTable = (typeof EXPORT_TABLES)[number];

/** How it is written. */
export const EXPORT_FORMATS = ['csv', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
