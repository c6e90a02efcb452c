/** Requests to object storage for the output of a shard, as docs/fleet.md counts them. */
export interface ShardRequests {
  /** PUT, COPY and POST: what providers price as one class. */
  readonly puts: number;
  /** GET and HEAD, those of one merge among them. */
  readonly gets: number;
  readonly deletes: number;
}

/** Of each shard a merge looks whether there are stats, and fetches these, its tags and its sums of buckets. */
const MERGE_GETS = 4;

/** Larger files are put in parts of this size: a request each, and two around them (src/storage/s3). */
const PART_BYTES = 8 * 2 ** 20;

/**
 * A worker looks whether the shard is committed (2), puts each file under its own name, puts the marker, looks how large each file
 * is and copies it to its place, puts the stats, and deletes what it put under its own name.
 *
 * @param files of the shard, its stats not among them
 * @param bytes of the largest of them
 */
export function requestsOfShard(files: number, bytes: number): ShardRequests {
  const parts = bytes > PART_BYTES ? Math.ceil(bytes / PART_BYTES) + 1 : 0;
  return { puts: 2 * files + 2 + parts, gets: 2 + files + MERGE_GETS, deletes: files };
}
