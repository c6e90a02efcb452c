/** A name as an SQL identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as an SQL literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A path as an SQL literal that DuckDB takes for itself and not for a glob. */
export function quotePath(path: string): string {
  return quoteText(path.replace(/[[*?]/g, (character) => `[${character}]`));
}

/** A table function call that reads exactly the Parquet file at `path`; `name=value` folders give no columns. */
export function parquetSource(path: string): string {
  return `read_parquet(${quotePath(path)}, hive_partitioning = false)`;
}
