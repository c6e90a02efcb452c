import { KernelOperations } from './kernel-operations.ts';
import type { Course, TrainedMember } from './member.ts';
import { Network } from './network.ts';

const BLOCK_ROWS = 64;

/** The mean of the members' scores for each row; float64[rows]. */
export function memberScores(
  members: readonly TrainedMember[],
  { rows, dimension }: Pick<Course, 'rows' | 'dimension'>,
): Float64Array {
  const hidden = members[0]!.weights.bias.length;
  const network = new Network(
    { dimension, hidden, capacity: BLOCK_ROWS },
    (lengths) => new KernelOperations(lengths),
  );
  const count = rows.length / dimension;
  const means = new Float64Array(count);
  for (const { weights } of members) {
    network.weights = weights;
    for (let from = 0; from < count; from += BLOCK_ROWS) {
      const block = Math.min(BLOCK_ROWS, count - from);
      for (let row = 0; row < block; row++) {
        const at = (from + row) * dimension;
        network.rows.set(rows.subarray(at, at + dimension), row * network.paddedDimension);
      }
      network.forward(block + (block % 2));
      for (let row = 0; row < block; row++) means[from + row]! += network.scores[row]! / members.length;
    }
  }
  return means;
}
