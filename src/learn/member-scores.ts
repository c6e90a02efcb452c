import { KernelOperations } from './kernel-operations.ts';
import { mean } from './measures.ts';
import type { Course, TrainedMember } from './member.ts';
import { Network } from './network.ts';
import type { Combination } from './options.ts';

const BLOCK_ROWS = 64;

/** What each member gives for each row; float64[rows] of each. */
export function memberScores(
  members: readonly TrainedMember[],
  { rows, dimension }: Pick<Course, 'rows' | 'dimension'>,
): Float64Array[] {
  const hidden = members[0]!.weights.bias.length;
  const network = new Network(
    { dimension, hidden, capacity: BLOCK_ROWS },
    (lengths) => new KernelOperations(lengths),
  );
  const count = rows.length / dimension;
  return members.map(({ weights }) => {
    const scores = new Float64Array(count);
    network.weights = weights;
    for (let from = 0; from < count; from += BLOCK_ROWS) {
      const block = Math.min(BLOCK_ROWS, count - from);
      for (let row = 0; row < block; row++) {
        const at = (from + row) * dimension;
        network.rows.set(rows.subarray(at, at + dimension), row * network.paddedDimension);
      }
      network.forward(block + (block % 2));
      scores.set(network.scores.subarray(0, block), from);
    }
    return scores;
  });
}

/** What is added to each member's scores so that all have one mean over the rows; the mean of them is 0. */
export function offsetsOf(scores: readonly Float64Array[]): number[] {
  const means = scores.map(mean);
  const middle = mean(means);
  return means.map((own) => middle - own);
}

/** Members' scores, each with its offset, as one: their mean or the lower median of them; float64[rows]. */
export function combined(
  scores: readonly Float64Array[],
  offsets: readonly number[],
  combine: Combination,
): Float64Array {
  const own = new Float64Array(scores.length);
  return scores[0]!.map((_, row) => {
    for (let m = 0; m < own.length; m++) own[m] = scores[m]![row]! + offsets[m]!;
    return combine === 'mean' ? mean(own) : own.toSorted()[(own.length - 1) >> 1]!;
  });
}
