import { type RandomBits, randomBits, uniform } from '../learn/random.ts';
import { placeOf } from '../learn/split.ts';
import {
  askedAgain,
  type Chosen,
  type ChosenItems,
  type Field,
  fillMix,
  samplesNear,
  Taken,
  topSamples,
} from './choose.ts';
import type { ChoiceOptions } from './options.ts';
import { type Answered, subjectKey } from './past.ts';

/** A sample is in at most so many pairs of the highest variance: others about it say much the same. */
const MOST_PAIRS_PER_SAMPLE = 2;
/**
 * Pairs are drawn with chances that go as this power of their variances: the first of an order say much the same (Kirsch et al., Stochastic Batch
 * Acquisition, TMLR 2023). Chosen by `bench:active`.
 */
const VARIANCE_POWER = 4;
const LEAST_VARIANCE = 1e-12;
/** Of pairs that are drawn, most may have been answered already, or be certain. */
const DRAWS_PER_ITEM = 200;

/** Which pairs to ask: each of two samples that are learned from, or of two held-out ones. Deterministic by the seed. */
export function choosePairs(field: Field, options: ChoiceOptions): ChosenItems {
  const chooser = new PairChooser(field, options);
  const filled = fillMix(field, options, {
    repeat: (wanted) => chooser.again(wanted),
    variance: (wanted) => chooser.disputed(wanted),
    top: (wanted) => chooser.among(topSamples(field, options.topShare), 'top', wanted),
    threshold: (wanted) => chooser.among(samplesNear(field, options), 'threshold', wanted),
    random: (wanted) => chooser.random(wanted),
  });
  return { ...filled, passedOver: chooser.passedOver };
}

class PairChooser {
  passedOver = 0;
  readonly #field: Field;
  readonly #options: ChoiceOptions;
  readonly #bits: RandomBits;
  readonly #taken: Taken;

  constructor(field: Field, options: ChoiceOptions) {
    this.#field = field;
    this.#options = options;
    this.#taken = new Taken(field.past);
    this.#bits = randomBits(`bowerbird queue pairs ${options.seed}`);
  }

  /** Of all items a share is of held-out samples, and none of these is passed over: what a head is measured with is left to chance alone. */
  random(wanted: number): Chosen[][] {
    const { heldOut, training } = this.#field;
    const { count, heldOutShare } = this.#options;
    const held = this.#draw(heldOut, Math.min(wanted, Math.round(heldOutShare * count)), (pair) =>
      this.#item(pair, 'random'),
    );
    return [held, this.among(training, 'random', wanted - held.length)];
  }

  /** By chance among the pairs of some samples; of those that the head is certain of only some. */
  among(samples: Int32Array, why: 'random' | 'top' | 'threshold', wanted: number): Chosen[] {
    const { certain, auditShare } = this.#options;
    return this.#draw(samples, wanted, (pair) => {
      const item = this.#item(pair, why);
      const { expected } = item;
      if (expected === undefined || Math.max(expected, 1 - expected) < certain) return item;
      if (uniform(this.#bits) < auditShare) return { ...item, why: 'audit' };
      this.passedOver++;
      return undefined;
    });
  }

  /** Of many random pairs some by chance, the sooner the more their chances vary from member to member. */
  disputed(wanted: number): Chosen[] {
    const { training, chances } = this.#field;
    if (!chances || chances.members < 2 || chances.logitsPerPoint === undefined) return [];
    const drawn = this.#options.candidates;
    const [left, right] = [new Int32Array(drawn), new Int32Array(drawn)];
    const variances = new Float64Array(drawn);
    for (let i = 0; i < drawn && training.length > 1; i++) {
      const pair = this.#pairOf(training);
      [left[i], right[i]] = pair;
      variances[i] = chances.ofPair(...pair)!.variance;
    }
    const ranks = variances.map((variance) => this.#rankOf(variance));
    const order = Int32Array.from(ranks, (_, i) => i).sort((a, b) => ranks[b]! - ranks[a]!);
    const items: Chosen[] = [];
    const uses = new Map<number, number>();
    for (const i of order) {
      if (items.length === wanted || training.length < 2) break;
      const pair = [left[i]!, right[i]!] as const;
      if (pair.some((sample) => (uses.get(sample) ?? 0) >= MOST_PAIRS_PER_SAMPLE)) continue;
      if (!this.#take(this.#idsOf(pair))) continue;
      for (const sample of pair) uses.set(sample, (uses.get(sample) ?? 0) + 1);
      items.push(this.#item(pair, 'variance'));
    }
    return items;
  }

  /** In the order of these, highest first, pairs come as if they were drawn one after the other (Gumbel's way). */
  #rankOf(variance: number): number {
    const gumbel = -Math.log(-Math.log(1 - uniform(this.#bits)));
    return VARIANCE_POWER * Math.log(Math.max(LEAST_VARIANCE, variance)) + gumbel;
  }

  /** Answered pairs with their sides exchanged; not those across the border of what is held out, of which nothing is learned. */
  again(wanted: number): Chosen[] {
    const sides = ({ ids }: Answered): boolean => placeOf(ids[0]!).isHeldOut === placeOf(ids[1]!).isHeldOut;
    const random = (): number => uniform(this.#bits);
    return askedAgain(this.#field.past, wanted, { random, isUsable: sides }).map((item) => ({
      ...item,
      ids: item.ids.toReversed(),
    }));
  }

  /** Draws pairs of some samples until the wanted number was taken, or too many were not. */
  #draw(
    samples: Int32Array,
    wanted: number,
    itemOf: (pair: readonly [number, number]) => Chosen | undefined,
  ): Chosen[] {
    const items: Chosen[] = [];
    if (samples.length < 2) return items;
    for (let i = 0; i < wanted * DRAWS_PER_ITEM && items.length < wanted; i++) {
      const pair = this.#pairOf(samples);
      if (!this.#take(this.#idsOf(pair))) continue;
      const item = itemOf(pair);
      if (item) items.push(item);
    }
    return items;
  }

  /** Two samples, each on a side by chance. */
  #pairOf(samples: Int32Array): [number, number] {
    const one = Math.floor(uniform(this.#bits) * samples.length);
    const other = Math.floor(uniform(this.#bits) * (samples.length - 1));
    return [samples[one]!, samples[other < one ? other : other + 1]!];
  }

  #idsOf([left, right]: readonly [number, number]): readonly [string, string] {
    return [this.#field.ids[left]!, this.#field.ids[right]!];
  }

  /** False where the pair was answered before or came up already. */
  #take(ids: readonly [string, string]): boolean {
    return this.#taken.take(subjectKey(ids));
  }

  #item(pair: readonly [number, number], why: Chosen['why']): Chosen {
    const expected = this.#field.chances?.ofPair(...pair)?.mean;
    return { ids: this.#idsOf(pair), why, round: 0, expected };
  }
}
