import { krippendorffAlpha } from './alpha.ts';
import type { AnswerColumns, AnswerRow } from './answer-columns.ts';

/** How one rater uses numbers. */
export interface RaterBias {
  readonly rater: string;
  readonly ratings: number;
  readonly mean: number;
  /** Standard deviation (n - 1 below); null for one rating. */
  readonly spread: number | null;
  /** Samples that others have rated as well. */
  readonly sharedSamples: number;
  /** Mean over these of the rater's rating minus the mean of the others'; null where there are none. */
  readonly offset: number | null;
}

export interface RatingAgreement {
  /** Samples that at least two raters have rated. */
  readonly sharedSamples: number;
  /** Krippendorff's alpha, interval; null where it is not defined. A rater's several ratings of a sample count as their mean. */
  readonly alpha: number | null;
  /** Ratings of samples that their rater had rated before, and the mean of their absolute differences from the rating before. */
  readonly repeatedByOneRater: number;
  readonly meanDifference: number | null;
  readonly raters: readonly RaterBias[];
}

/** How raters agree in their ratings, and how each differs from the others. */
export function agreementOfRatings(columns: AnswerColumns): RatingAgreement {
  const biases = columns.raters.map((rater) => new Bias(rater));
  const units: number[][] = [];
  let [repeated, differences] = [0, 0];
  for (const rows of columns.bySubject()) {
    for (const { rater, value } of rows) biases[rater]!.add(value);
    const byRater = groupByRater(rows);
    for (const own of byRater.values()) {
      for (let i = 1; i < own.length; i++) {
        repeated++;
        differences += Math.abs(own[i]!.value - own[i - 1]!.value);
      }
    }
    if (byRater.size < 2) continue;
    const means = [...byRater].map(([rater, own]) => ({ rater, mean: meanOf(own) }));
    units.push(means.map(({ mean }) => mean));
    const sum = means.reduce((total, { mean }) => total + mean, 0);
    for (const { rater, mean } of means) biases[rater]!.compare(mean - (sum - mean) / (means.length - 1));
  }
  return {
    sharedSamples: units.length,
    alpha: krippendorffAlpha(units),
    repeatedByOneRater: repeated,
    meanDifference: repeated === 0 ? null : differences / repeated,
    raters: biases.map((bias) => bias.result()),
  };
}

function groupByRater(rows: readonly AnswerRow[]): Map<number, AnswerRow[]> {
  const groups = new Map<number, AnswerRow[]>();
  for (const row of rows) {
    const group = groups.get(row.rater);
    if (group) group.push(row);
    else groups.set(row.rater, [row]);
  }
  return groups;
}

function meanOf(rows: readonly AnswerRow[]): number {
  return rows.reduce((sum, { value }) => sum + value, 0) / rows.length;
}

/** Mean and spread as Welford has them, in one pass. */
class Bias {
  readonly #rater: string;
  #count = 0;
  #mean = 0;
  #squares = 0;
  #shared = 0;
  #offsets = 0;

  constructor(rater: string) {
    this.#rater = rater;
  }

  add(value: number): void {
    this.#count++;
    const difference = value - this.#mean;
    this.#mean += difference / this.#count;
    this.#squares += difference * (value - this.#mean);
  }

  compare(offset: number): void {
    this.#shared++;
    this.#offsets += offset;
  }

  result(): RaterBias {
    return {
      rater: this.#rater,
      ratings: this.#count,
      mean: this.#mean,
      spread: this.#count < 2 ? null : Math.sqrt(this.#squares / (this.#count - 1)),
      sharedSamples: this.#shared,
      offset: this.#shared === 0 ? null : this.#offsets / this.#shared,
    };
  }
}
