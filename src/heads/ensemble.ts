import { isObject } from '../base/json-object.ts';
import type { Layer } from './layers.ts';
import { checkSize, hiddenValues, ROWS_AT_ONCE, type Scorer } from './scoring.ts';

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

export type SpreadScorer = (embeddings: Float32Array, count: number) => SpreadScores;

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
): SpreadScorer {
  const last = layers.at(-1)!;
  const middle = meanOf(offsets);
  const bases = Float64Array.from(offsets, (offset) => last.bias[0]! + offset - middle);
  const forward = hiddenValues(layers.slice(0, -1));
  return (embeddings, count) => {
    checkSize(embeddings, count, layers[0]!.inputs);
    const scores = new Float64Array(count);
    const spreads = new Float64Array(count);
    const own = new Float64Array(members);
    for (let row = 0; row < count; row += ROWS_AT_ONCE) {
      const rows = Math.min(ROWS_AT_ONCE, count - row);
      const values = forward(embeddings, row, rows);
      for (let i = 0; i < rows; i++) {
        memberScores(own, values.subarray(i * last.inputs, (i + 1) * last.inputs), last.weights, bases);
        scores[row + i] = combine === 'mean' ? meanOf(own) : lowerMedian(own);
        spreads[row + i] = deviation(own);
      }
    }
    return { scores: combine === 'mean' && plain ? plain(embeddings, count) : scores, spreads };
  };
}

function memberScores(
  own: Float64Array,
  values: Float64Array,
  weights: Float64Array,
  bases: Float64Array,
): void {
  const width = values.length / own.length;
  for (let m = 0, at = 0; m < own.length; m++) {
    let sum = 0;
    for (const end = at + width; at < end; at++) sum += weights[at]! * values[at]!;
    own[m] = bases[m]! + own.length * sum;
  }
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
  for (const value of values) sum += (value - middle) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}
