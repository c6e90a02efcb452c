import { weightedMean } from './correlation.ts';
import type { Weights } from './ranks.ts';

/** Nearer to 0 or 1 no chance is taken: one that was never to be would cost infinitely much. */
const LEAST_CHANCE = 1e-15;

/** ln(p / (1 - p)); chances nearer than 1e-15 to 0 or 1 are taken for such. */
export function logitOf(chance: number): number {
  const held = Math.min(1 - LEAST_CHANCE, Math.max(LEAST_CHANCE, chance));
  return Math.log(held) - Math.log1p(-held);
}

/**
 * The mean log loss -(t ln p + (1 - t) ln(1 - p)) for p = 1 / (1 + exp(-logit)), in nats (sklearn.metrics.log_loss). A target between 0 and 1 is a
 * chance itself.
 *
 * @param weights may be below 0; a mean that falls below 0 by that is 0
 * @returns null where nothing counts
 */
export function logLoss(logits: Float64Array, targets: Float64Array, weights?: Weights): number | null {
  const losses = logits.map(
    (logit, i) => Math.max(logit, 0) - logit * targets[i]! + Math.log1p(Math.exp(-Math.abs(logit))),
  );
  const mean = weightedMean(losses, weights);
  return Number.isFinite(mean) ? Math.max(0, mean) : null;
}

/**
 * Of pairs that were decided (a target other than 0.5), the share whose better side has the higher score; a difference of 0 counts half.
 *
 * @param differences score of the first side less that of the second
 * @param targets the chance of the first side
 * @param weights may be below 0; a share that leaves [0, 1] by that is held to it
 * @returns null where none was decided
 */
export function pairAccuracy(
  differences: Float64Array,
  targets: Float64Array,
  weights?: Weights,
): number | null {
  let [hits, total] = [0, 0];
  for (const [i, difference] of differences.entries()) {
    const side = Math.sign(targets[i]! - 0.5);
    if (side === 0) continue;
    const weight = weights ? weights[i]! : 1;
    hits += (weight * (1 + side * Math.sign(difference))) / 2;
    total += weight;
  }
  return total > 0 ? Math.min(1, Math.max(0, hits / total)) : null;
}
