import type { QueueReason } from '../feedback/queue-items.ts';
import type { Chances } from './chances.ts';
import { CHOICES, type Choice, type ChoiceOptions, type Mix } from './options.ts';
import type { Answered } from './past.ts';

/** What is chosen from: samples by numbers. */
export interface Field {
  readonly ids: readonly string[];
  readonly training: Int32Array;
  readonly heldOut: Int32Array;
  /** Not given: there is no head. */
  readonly chances?: Chances | undefined;
  /** What was answered before, by `subjectKey`. */
  readonly past: ReadonlyMap<string, Answered>;
}

/** Something to ask. */
export interface Chosen {
  /** The samples' ids; of a pair left and right. */
  readonly ids: readonly string[];
  readonly why: QueueReason;
  /** The chance that left wins. */
  readonly expected?: number | undefined;
  /** How often it was answered before. */
  readonly round: number;
}

/** What was chosen. */
export interface ChosenItems {
  readonly chosen: readonly Chosen[];
  /** Pairs that were passed over because the head is certain of them; those that are asked all the same are not among them. */
  readonly passedOver: number;
  /** Parts of the mix that there was less of than was asked for: random ones took their place. */
  readonly missing: Readonly<Partial<Record<Choice, number>>>;
}

/** Takes the wanted number of items of one kind, as far as there are so many. */
export type Take = (wanted: number) => readonly Chosen[];

/** What is not to be asked: what was answered before, or is in the queue already. */
export class Taken {
  readonly #past: Field['past'];
  readonly #keys = new Set<string>();

  constructor(past: Field['past']) {
    this.#past = past;
  }

  /** Takes a sample or pair; false where it is not to be asked. @param key of `subjectKey` */
  take(key: string): boolean {
    if (this.#past.has(key) || this.#keys.has(key)) return false;
    this.#keys.add(key);
    return true;
  }
}

/** A whole number for each part of a mix, of `count` together: the largest remainders are rounded up. */
export function sharesOf(mix: Mix, count: number): Record<Choice, number> {
  const sum = CHOICES.reduce((total, choice) => total + mix[choice], 0);
  const exact = CHOICES.map((choice) => ({ choice, share: (count * mix[choice]) / sum }));
  const counts = Object.fromEntries(exact.map(({ choice, share }) => [choice, Math.floor(share)]));
  const rest = count - exact.reduce((total, { share }) => total + Math.floor(share), 0);
  const remainder = ({ share }: { share: number }): number => share - Math.floor(share);
  for (const { choice } of exact.toSorted((a, b) => remainder(b) - remainder(a)).slice(0, rest))
    counts[choice]!++;
  return counts as Record<Choice, number>;
}

/** How each part is taken; the random one in lists, each of which is spread over the queue by itself. */
export type Takes = Readonly<Record<Exclude<Choice, 'random'>, Take>> & {
  readonly random: (wanted: number) => readonly (readonly Chosen[])[];
};

/** Fills each part of the mix; what a part has too few of, random ones take the place of. */
export function fillMix(
  { past }: Pick<Field, 'past'>,
  { mix, count }: Pick<ChoiceOptions, 'mix' | 'count'>,
  takes: Takes,
): { readonly chosen: readonly Chosen[]; readonly missing: ChosenItems['missing'] } {
  const shares = sharesOf(mix, count);
  const missing: Partial<Record<Choice, number>> = {};
  let random = shares.random;
  const parts = CHOICES.flatMap((choice) => {
    if (choice === 'random') return [];
    const taken = shares[choice] > 0 ? takes[choice](shares[choice]) : [];
    const short = shares[choice] - taken.length;
    if (short > 0) missing[choice] = short;
    random += short;
    return [taken];
  });
  const taken = random > 0 ? takes.random(random) : [];
  const found = taken.reduce((sum, list) => sum + list.length, 0);
  if (found < random) missing.random = random - found;
  return { chosen: interleaved([...taken, ...parts], timesIn(past)), missing };
}

/**
 * Lists in one, each spread evenly over all of it, so that the first items have the shares of all. It goes on where so many answers have led: of a
 * queue that is made anew after each few of them, only beginnings are ever asked, and these together have the shares as well.
 */
function interleaved(lists: readonly (readonly Chosen[])[], answers: number): Chosen[] {
  const turns = lists
    .flatMap((list) => list.map((_, i) => ({ list, at: (i + 0.5) / list.length })))
    .sort((a, b) => a.at - b.at);
  const start = answers % Math.max(1, turns.length);
  const rest = new Map(lists.map((list) => [list, list.values()]));
  return [...turns.slice(start), ...turns.slice(0, start)].map(({ list }) => rest.get(list)!.next().value!);
}

function timesIn(past: Field['past']): number {
  let sum = 0;
  for (const { times } of past.values()) sum += times;
  return sum;
}

/** The samples of the highest scores, so large a share of them; none without a head. */
export function topSamples({ training, chances }: Field, share: number): Int32Array {
  if (!chances) return new Int32Array(0);
  const order = training.toSorted((a, b) => chances.scoreOf(b) - chances.scoreOf(a));
  return order.subarray(0, Math.max(2, Math.round(share * order.length)));
}

/** As many samples, whose scores are nearest to the threshold: the given one, else where the top ones begin. */
export function samplesNear(field: Field, { threshold, topShare }: ChoiceOptions): Int32Array {
  const { training, chances } = field;
  const top = topSamples(field, topShare);
  if (!chances || top.length === 0) return top;
  const border = threshold ?? chances.scoreOf(top.at(-1)!);
  const distance = (sample: number): number => Math.abs(chances.scoreOf(sample) - border);
  return training.toSorted((a, b) => distance(a) - distance(b)).subarray(0, top.length);
}

/** What was answered once more, by chance among what was answered least often; `isUsable` says whether it may come again. */
export function askedAgain(
  past: Field['past'],
  wanted: number,
  { random, isUsable }: { random(): number; isUsable?(answered: Answered): boolean },
): Chosen[] {
  return [...past.values()]
    .filter((answered) => answered.isDecided && isUsable?.(answered) !== false)
    .map((answered) => ({ answered, at: answered.times + random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, wanted)
    .map(({ answered: { ids, times } }) => ({ ids, why: 'repeat', round: times }));
}
