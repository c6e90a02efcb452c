import { type Answer, type PairChoice, type SampleName, sampleId } from '../feedback/answer.ts';

/** Samples that answers name, each once, by numbers. */
export class NamedSamples {
  readonly names: SampleName[] = [];
  readonly #numbers = new Map<string, number>();

  /** A sample's number: that which it had before, or the next. */
  numberOf(name: SampleName): number {
    const id = sampleId(name);
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    this.#numbers.set(id, this.names.length);
    this.names.push(name);
    return this.names.length - 1;
  }
}

/** What was said of a sample: the mean of its values, and how many there were. */
export interface SampleValue {
  readonly sample: number;
  readonly value: number;
  readonly count: number;
  /** The sum of what they count; the same as `count` where they count alike. */
  readonly weight: number;
}

/** Who wins a pair: the chance of `first`. */
export interface PairTarget {
  readonly first: number;
  readonly second: number;
  readonly target: number;
  /** Whether something other than chance chose it to be asked. */
  readonly isChosen: boolean;
}

/** What answers become as the chance that the left side wins; skipped ones are no lessons. Neither of two bad ones wins. */
const PAIR_TARGETS: Readonly<Record<Exclude<PairChoice, 'skip'>, number>> = {
  'much-left': 0.99,
  left: 0.95,
  tie: 0.5,
  'both-bad': 0.5,
  right: 0.05,
  'much-right': 0.01,
};

/** The pairs among answers, in their order. @param isChosen told the item of a queue that asked; by chance where not given */
export function pairTargets(
  answers: readonly Answer[],
  samples: NamedSamples,
  isChosen: (item: string | undefined) => boolean = () => false,
): PairTarget[] {
  return answers.flatMap((answer) => {
    if (answer.mode !== 'pair' || answer.answer === 'skip') return [];
    const [first, second] = [samples.numberOf(answer.left), samples.numberOf(answer.right)];
    return first === second
      ? []
      : [{ first, second, target: PAIR_TARGETS[answer.answer], isChosen: isChosen(answer.queue) }];
  });
}

/** A single answer as a number. */
export interface Opinion {
  readonly rater: string;
  readonly sample: number;
  readonly value: number;
  /** What it counts; 1 where not given. */
  readonly weight?: number;
}

/** Ratings, likes, or 1 for keep and 0 for leave, in their order. */
export function opinionsOf(
  answers: readonly Answer[],
  mode: 'rating' | 'keep' | 'likes',
  samples: NamedSamples,
): Opinion[] {
  return answers.flatMap((answer) => {
    if (answer.mode === 'pair' || answer.mode !== mode || answer.answer === 'skip') return [];
    const value = answer.mode === 'keep' ? Number(answer.answer === 'keep') : answer.answer;
    return [{ rater: answer.rater, sample: samples.numberOf(answer.sample), value: value as number }];
  });
}

/** How a rater uses the scale. */
export interface RaterScale {
  readonly rater: string;
  readonly count: number;
  readonly mean: number;
  /** The standard deviation (n - 1 below); null of one answer. */
  readonly spread: number | null;
}

/** How many pairs a rater judged: these have no scale. */
export type RaterCount = Pick<RaterScale, 'rater' | 'count'>;

/** The raters of the pairs that are learned from, in the order in which they were met. */
export function pairRaters(answers: readonly Answer[]): RaterCount[] {
  const counts = new Map<string, number>();
  for (const { mode, answer, rater } of answers)
    if (mode === 'pair' && answer !== 'skip') counts.set(rater, 1 + (counts.get(rater) ?? 0));
  return [...counts].map(([rater, count]) => ({ rater, count }));
}

/** Mean and spread of each rater, in the order in which they were met. */
export function raterScales(opinions: readonly Opinion[]): RaterScale[] {
  const byRater = new Map<string, Opinion[]>();
  for (const opinion of opinions) {
    const own = byRater.get(opinion.rater);
    if (own) own.push(opinion);
    else byRater.set(opinion.rater, [opinion]);
  }
  return [...byRater].map(([rater, own]) => ({ rater, ...scaleOf(own) }));
}

/** Brings all raters to the mean and spread of all answers together; a rater whose answers are all the same to the mean. */
export function withoutRaterBias(opinions: readonly Opinion[]): Opinion[] {
  const all = scaleOf(opinions);
  const scales = new Map(raterScales(opinions).map((scale) => [scale.rater, scale]));
  return opinions.map((opinion) => {
    const { mean, spread } = scales.get(opinion.rater)!;
    const standard = spread ? (opinion.value - mean) / spread : 0;
    return { ...opinion, value: all.mean + standard * (all.spread ?? 0) };
  });
}

/** The mean of what was said of each sample, by the samples' numbers. */
export function averaged(opinions: readonly Opinion[]): SampleValue[] {
  const sums = new Map<number, { sum: number; count: number; weight: number }>();
  for (const { sample, value, weight: own = 1 } of opinions) {
    const { sum, count, weight } = sums.get(sample) ?? { sum: 0, count: 0, weight: 0 };
    sums.set(sample, { sum: sum + value, count: count + 1, weight: weight + own });
  }
  return [...sums].map(([sample, { sum, count, weight }]) => ({ sample, value: sum / count, count, weight }));
}

function scaleOf(opinions: readonly Opinion[]): Omit<RaterScale, 'rater'> {
  const count = opinions.length;
  const mean = opinions.reduce((sum, { value }) => sum + value, 0) / count;
  const squares = opinions.reduce((sum, { value }) => sum + (value - mean) ** 2, 0);
  return { count, mean, spread: count < 2 ? null : Math.sqrt(squares / (count - 1)) };
}
