/** Of more shards only the first are named. */
const NAMED_SHARDS = 10;

/** Shards by their numbers, for a line that people read. */
export function shardNames(ids: readonly number[]): string {
  return ids.slice(0, NAMED_SHARDS).join(', ') + (ids.length > NAMED_SHARDS ? ', ...' : '');
}
