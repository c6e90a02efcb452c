import { createHash } from 'node:crypto';
import { randomBits, uniform } from '../learn/random.ts';
import { rankingAccuracy } from '../metrics/ranking-accuracy.ts';
import { valueErrors } from '../metrics/value-errors.ts';

/** Of how many posts the order is asked. */
export const RANKED = [2, 5, 10] as const;

/** What is known of posts that are looked at. */
export interface Seen {
  /** float64 */
  readonly targets: Float64Array;
  readonly ids: readonly string[];
}

/** How good predictions are, in the unit of the targets. */
export type Figures = Readonly<Record<string, number | null>>;

/** A network at the end of an epoch. */
export interface Look {
  /** 0: before the first step. */
  readonly epoch: number;
  /** Steps so far. */
  readonly step: number;
  /** The mean loss in the epoch, with dropout and while weights moved, in units of the spread; null before the first step. */
  readonly trainingLoss: number | null;
  /** On the validation split. */
  readonly validationLoss: number;
  /** On the validation split, in the unit of the targets. */
  readonly figures: Figures;
}

/** The look that is kept: that of the lowest loss on the validation split, of several the first. */
export function bestOf(looks: readonly Look[]): Look {
  return looks.reduce((best, look) => (look.validationLoss < best.validationLoss ? look : best));
}

/**
 * Errors of predictions, their sum over that of the truth, and ranking accuracies. Draws depend on the seed alone, so that networks and baselines are asked the same.
 *
 * @param predicted float64 by post
 */
export function figuresOf({ targets, ids }: Seen, predicted: Float64Array, seed: number): Figures {
  const errors = valueErrors(predicted, targets);
  if (!errors) return { count: 0 };
  const { count, rmse, mae, bias, ratio } = errors;
  return { count, rmse, mae, bias, ratio, ...rankings({ targets, ids }, predicted, seed) };
}

/** Ranking accuracy at 2, 5 and 10; null where there are too few posts with different targets. */
export function rankings({ targets, ids }: Seen, predicted: Float64Array, seed: number): Figures {
  const tieBreakers = Uint32Array.from(ids, (id) => createHash('sha256').update(id).digest().readUInt32LE());
  return Object.fromEntries(
    RANKED.map((k) => {
      const bits = randomBits(`bowerbird cnn ranking ${seed} ${k}`);
      const items = { truth: targets, predicted, tieBreakers };
      return [`ranking_${k}`, rankingAccuracy(items, k, () => uniform(bits)).accuracy];
    }),
  );
}

/** What chance gives. */
export const CHANCE: Figures = Object.fromEntries(RANKED.map((k) => [`ranking_${k}`, 1 / k]));
