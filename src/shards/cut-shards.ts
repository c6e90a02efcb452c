/** One shard: consecutive rows of one input file. */
export interface ShardSpec {
  readonly id: number;
  readonly inputIndex: number;
  /** Counted from 0 within the file. */
  readonly firstRow: number;
  readonly rowCount: number;
}

/**
 * Cuts files into shards of at most `samplesPerShard` consecutive rows, numbered from 0 over all files in order.
 * A shard never crosses a file, as in img2dataset: the last one of each file is shorter.
 */
export function cutShards(
  inputs: readonly { readonly rowCount: number }[],
  samplesPerShard: number,
): ShardSpec[] {
  const shards: ShardSpec[] = [];
  for (const [inputIndex, { rowCount }] of inputs.entries()) {
    for (let firstRow = 0; firstRow < rowCount; firstRow += samplesPerShard) {
      const rows = Math.min(samplesPerShard, rowCount - firstRow);
      shards.push({ id: shards.length, inputIndex, firstRow, rowCount: rows });
    }
  }
  return shards;
}
