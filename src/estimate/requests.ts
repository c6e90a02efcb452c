/** Requests to object storage that a shard costs beside those that read its rows, as docs/estimate.md counts them. */
export interface ShardRequests {
  /** PUT, COPY, POST, LIST: what providers price as one class. */
  readonly puts: number;
  /** GET and HEAD. */
  readonly gets: number;
  readonly deletes: number;
}

/**
 * A worker looks whether the shard is committed (its stats, its marker), puts each file under its own name, puts the
 * marker, reads it back, copies each file to its place, puts the stats, and deletes what it put under its own name.
 *
 * @param files of the shard, its stats not among them
 */
export function requestsOfShard(files: number): ShardRequests {
  return { puts: 2 * files + 2, gets: 3, deletes: files };
}
