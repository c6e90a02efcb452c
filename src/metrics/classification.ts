import type { Ranked, Weights } from './ranks.ts';

/**
 * The area under the ROC curve: the chance that a good sample has a higher score than another one, where ties count half: Mann and Whitney's
 * U / (good x others) by midranks (sklearn.metrics.roc_auc_score).
 *
 * @param isGood uint8[n]: 1 for a good sample
 * @returns null where there are no good ones, or no others
 */
export function auroc(scores: Ranked, isGood: Uint8Array, weights?: Weights): number | null {
  const { good, others } = sidesByGroup(scores, isGood, weights);
  let [goodBelow, othersBelow, wins] = [0, 0, 0];
  for (let group = 0; group < scores.groupCount; group++) {
    wins += good[group]! * (othersBelow + others[group]! / 2);
    goodBelow += good[group]!;
    othersBelow += others[group]!;
  }
  return goodBelow > 0 && othersBelow > 0 ? wins / (goodBelow * othersBelow) : null;
}

/** A threshold, and what lies above it or on it. */
export interface RocPoint {
  /** The least score that is taken; infinite for the first point, at which none is. */
  readonly threshold: number;
  /** Of the others, the share taken (false positive rate). */
  readonly others: number;
  /** Of the good ones, the share taken (true positive rate, recall). */
  readonly good: number;
}

/**
 * The ROC curve, from (0, 0) to (1, 1): a point for each score, highest first (sklearn.metrics.roc_curve with drop_intermediate=False).
 * Its turned-round shares, 1 - good and 1 - others, are the cumulative shares of both sides that lie below each score.
 *
 * @returns no point where there are no good ones, or no others
 */
export function rocCurve(values: Float64Array, scores: Ranked, isGood: Uint8Array): RocPoint[] {
  const sides = sidesByGroup(scores, isGood, undefined);
  const [allGood, allOthers] = [sum(sides.good), sum(sides.others)];
  if (allGood === 0 || allOthers === 0) return [];
  const points: RocPoint[] = [{ threshold: Number.POSITIVE_INFINITY, others: 0, good: 0 }];
  let [good, others] = [0, 0];
  for (let i = scores.order.length - 1; i >= 0; i--) {
    const place = scores.order[i]!;
    if (isGood[place] === 1) good++;
    else others++;
    const isLast = i === 0 || scores.groups[scores.order[i - 1]!] !== scores.groups[place];
    if (isLast) points.push({ threshold: values[place]!, others: others / allOthers, good: good / allGood });
  }
  return points;
}

/** What lies above a threshold. */
export interface AboveThreshold {
  readonly above: number;
  readonly good: number;
}

/** How many scores are above a threshold, strictly as every threshold of ours, and how many of them are good: precision is their quotient. */
export function aboveThreshold(scores: Float64Array, isGood: Uint8Array, threshold: number): AboveThreshold {
  let [above, good] = [0, 0];
  for (const [i, score] of scores.entries()) {
    if (!(score > threshold)) continue;
    above++;
    good += isGood[i]!;
  }
  return { above, good };
}

/**
 * The share of good ones in the top share of scores (precision at k). Of scores that are tied at the border, each counts for the part of them that
 * is taken: the mean over all orders of the ties.
 *
 * @param share above 0, at most 1
 * @returns null where nothing counts
 */
export function precisionOfTop(
  scores: Ranked,
  isGood: Uint8Array,
  share: number,
  weights?: Weights,
): number | null {
  const { good, others } = sidesByGroup(scores, isGood, weights);
  const wanted = share * (sum(good) + sum(others));
  let [left, found] = [wanted, 0];
  for (let group = scores.groupCount - 1; group >= 0 && left > 0; group--) {
    const weight = good[group]! + others[group]!;
    if (weight === 0) continue;
    const part = Math.min(1, left / weight);
    found += part * good[group]!;
    left -= part * weight;
  }
  return wanted > 0 ? found / wanted : null;
}

function sidesByGroup({ groups, groupCount }: Ranked, isGood: Uint8Array, weights: Weights) {
  const good = new Float64Array(groupCount);
  const others = new Float64Array(groupCount);
  for (let i = 0; i < groups.length; i++) {
    const side = isGood[i] === 1 ? good : others;
    side[groups[i]!]! += weights ? weights[i]! : 1;
  }
  return { good, others };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
