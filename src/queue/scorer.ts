import { HeadError } from '../heads/errors.ts';
import type { Head } from '../heads/head.ts';
import { KernelOperations } from '../learn/kernel-operations.ts';
import { Network, type NetworkWeights } from '../learn/network.ts';

type EnsembleParts = NonNullable<Head['ensemble']>;
type Layer = EnsembleParts['layers'][number];

/** Rows that are scored at a time: the weights of a member are laid out once for all of them. Even. */
export const BLOCK_ROWS = 256;

/** Gives the scores of each member of a head; a head that is no ensemble is its own member. */
export interface Scorer {
  readonly members: number;
  /** float64(count x members), in the head's unit, for at most `BLOCK_ROWS` rows (count x dimension). */
  score(rows: Float32Array, count: number): Promise<Float64Array>;
}

/** @throws HeadError BB_HEAD_MISMATCH where the members are none that `train` makes */
export function scorerOf(head: Head): Scorer {
  if (!head.ensemble)
    return { members: 1, score: async (rows, count) => (await head.scoreMany(rows, count)).scores };
  return new EnsembleScorer(head, head.ensemble);
}

/** The members one after the other, by the kernel that trained them. */
class EnsembleScorer implements Scorer {
  readonly members: number;
  readonly #dimension: number;
  readonly #bases: readonly number[];
  readonly #weights: readonly NetworkWeights[];
  readonly #network: Network;

  constructor({ name, dimension }: Head, ensemble: EnsembleParts) {
    const { members, layers, offsets = new Array<number>(members).fill(0) } = ensemble;
    const base = layers.at(-1)!.bias[0]! - offsets.reduce((sum, offset) => sum + offset, 0) / members;
    this.members = members;
    this.#dimension = dimension;
    this.#bases = offsets.map((offset) => base + offset);
    this.#weights = Array.from({ length: members }, (_, m) => weightsOf(name, ensemble, m));
    const shape = { dimension, hidden: this.#weights[0]!.bias.length, capacity: BLOCK_ROWS };
    this.#network = new Network(shape, (lengths) => new KernelOperations(lengths));
  }

  async score(rows: Float32Array, count: number): Promise<Float64Array> {
    const network = this.#network;
    const scores = new Float64Array(count * this.members);
    for (let row = 0; row < count; row++) {
      const from = row * this.#dimension;
      network.rows.set(rows.subarray(from, from + this.#dimension), row * network.paddedDimension);
    }
    for (const [m, weights] of this.#weights.entries()) {
      network.weights = weights;
      // Rows go two at a time; what an odd last one's neighbour gives is not read.
      network.forward(count + (count % 2));
      for (let row = 0; row < count; row++)
        scores[row * this.members + m] = this.#bases[m]! + network.scores[row]!;
    }
    return scores;
  }
}

/** A member alone: the last layer's weights were divided by the number of members. */
function weightsOf(name: string, { layers, members }: EnsembleParts, member: number): NetworkWeights {
  const [first, last] = layers as readonly [Layer, Layer];
  const { inputs, activation } = first;
  const hidden = last.inputs / members;
  const [from, to] = [member * hidden, (member + 1) * hidden];
  const weights = first.weights.subarray(from * inputs, to * inputs);
  const outputs = last.weights.subarray(from, to).map((weight) => weight * members);
  if (layers.length === 2 && activation === 'silu') {
    return {
      first: Float32Array.from(weights),
      bias: Float32Array.from(first.bias.subarray(from, to)),
      last: Float32Array.from(outputs),
    };
  }
  if (layers.length === 2 && activation === 'none' && hidden === 1) {
    const none = new Float32Array(0);
    return { first: Float32Array.from(weights, (weight) => weight * outputs[0]!), bias: none, last: none };
  }
  throw new HeadError(
    'BB_HEAD_MISMATCH',
    `The head ${name} states an ensemble, but its members are none of those that bowerbird train makes. Give a head that it made.`,
    { fields: { head: name } },
  );
}
