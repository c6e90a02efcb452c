/**
 * The key of a sample, as img2dataset builds it: shard id and index in the shard, both zero-padded.
 *
 * With `digits = ceil(log10(samplesPerShard))`, the key is `10^digits * shard + index`, padded to
 * `5 + digits` characters ("000000012" is row 12 of shard 0 at 10,000 samples per shard).
 */
export function sampleKey(shardId: number, index: number, samplesPerShard: number): string {
  const digits = Math.ceil(Math.log10(samplesPerShard));
  return shardName(shardId) + (digits === 0 ? '' : String(index).padStart(digits, '0'));
}

/** The name of a shard in file names: its id in five digits, or more where it has more. */
export function shardName(shardId: number): string {
  return String(shardId).padStart(5, '0');
}
