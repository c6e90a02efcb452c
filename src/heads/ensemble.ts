import { isObject } from '../base/json-object.ts';
import { ForwardPass } from './forward-pass.ts';
import type { Layer } from './layers.ts';
import type { Scorer } from './scoring.ts';

/** How the members' scores become one: their mean, or the middle one, of an even number the lower of the two. */
export const COMBINATIONS = ['mean', 'lower-median'] as const;
export type Combination = (typeof COMBINATIONS)[number];

/** What a head says of the networks that it is made of, which lie side by side: the inputs of its last layer are theirs, one after the other. */
export interface Ensemble {
  readonly members: number;
  readonly combine: Combination;
  /** What is added to each member's score; taken about its mean, so that the mean of all scores is that of the layers. */
  readonly offsets?: readonly number[];
}

/** An ensemble with its layers: each member has its part of the last layer's inputs. */
export interface EnsembleParts extends Ensemble {
  readonly layers: readonly Layer[];
}

/** Scores, and for each the standard deviation of the members' scores (of a sample: n - 1). */
export interface SpreadScores {
  readonly scores: Float64Array;
  readonly spreads: Float64Array;
}

const MOST_MEMBERS = 256;

/** What an ensemble must be, for messages. */
export const ENSEMBLE_RULE = `an object with members (2 to ${MOST_MEMBERS}), combine (${COMBINATIONS.join(', ')}) and, if any, an offset for each member`;

/** Whether a value of JSON is an ensemble. */
export function isEnsemble(value: unknown): value is Ensemble {
  if (!isObject(value)) return false;
  const { members, combine, offsets, ...rest } = value;
  return (
    Object.keys(rest).length === 0 &&
    Number.isInteger(members) &&
    (members as number) >= 2 &&
    (members as number) <= MOST_MEMBERS &&
    (COMBINATIONS as readonly unknown[]).includes(combine) &&
    (offsets === undefined ||
      (Array.isArray(offsets) && offsets.length === members && offsets.every(Number.isFinite)))
  );
}

/** @throws RangeError where the layers are not those of so many members */
export function checkEnsemble({ members }: Ensemble, layers: readonly Layer[]): void {
  const { inputs } = layers.at(-1)!;
  if (layers.length < 2 || inputs % members !== 0)
    throw new RangeError(
      `it states ${members} members, but its last of ${layers.length} layers has ${inputs} inputs, which are not theirs`,
    );
}

/**
 * Scores rows by each member, and combines them. Member m gives the last layer's bias + members x (the part of the last layer that is its own) + its
 * offset. A row's score and spread do not depend on the other rows, to the last bit.
 *
 * @param plain what gives the score of a mean; the members' own mean where not given
 */
export function ensembleScorer(
  layers: readonly Layer[],
  { members, combine, offsets = new Array<number>(members).fill(0) }: Ensemble,
  plain?: Scorer,
): Scorer<SpreadScores> {
  const last = layers.at(-1)!;
  const middle = meanOf(offsets);
  const bases = Float64Array.from(offsets, (offset) => last.bias[0]! + offset - middle);
  const pass = new ForwardPass(layers.slice(0, -1), { parts: { count: members, weights: last.weights } });
  const own = new Float64Array(members);
  const scoresFor = (count: number) => {
    const found = { scores: new Float64Array(count), spreads: new Float64Array(count) };
    const take = (values: Float64Array, first: number): void => {
      for (let i = 0, row = first; i < values.length; row++) {
        for (let m = 0; m < members; m++, i++) own[m] = bases[m]! + members * values[i]!;
        found.scores[row] = combine === 'mean' ? meanOf(own) : lowerMedian(own);
        found.spreads[row] = deviation(own);
      }
    };
    return { found, take };
  };
  const withPlain = (
    { spreads, ...found }: SpreadScores,
    embeddings: Float32Array,
    count: number,
  ): SpreadScores =>
    combine === 'mean' && plain ? { ...plain.score(embeddings, count), spreads } : { ...found, spreads };
  return {
    score: (embeddings, count) => {
      const { found, take } = scoresFor(count);
      pass.run(embeddings, count, take);
      return withPlain(found, embeddings, count);
    },
    scoreMany: async (embeddings, count) => {
      const { found, take } = scoresFor(count);
      await pass.runMany(embeddings, count, take);
      return withPlain(found, embeddings, count);
    },
  };
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

function lowerMedian(values: Float64Array): number {
  return values.toSorted()[(values.length - 1) >> 1]!;
}

function deviation(values: Float64Array): number {
  const middle = meanOf(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - middle) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}
