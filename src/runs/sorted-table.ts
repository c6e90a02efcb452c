/** The same table with its names in order, so that the same counts give the same bytes. */
export function sortedTable<T extends object>(table: T): T {
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}
