import { type Asked, sampleId } from '../../feedback/answer.ts';
import type { RatedSample } from '../samples/rated-samples.ts';
import { type Asking, isAskable, type QuestionSource } from './asking.ts';
import { type Question, questionId, subjectOfNames } from './items.ts';
import { AskingOrder } from './stream.ts';

/** Names of samples are read so many at a time; more at a time where none of these is to be asked. */
const PLACES_AT_ONCE = { first: 4, most: 2048 } as const;
/** Of more samples it is not counted how many are left. */
const MOST_COUNTED = 20_000;
/** One in so many pairs is of two held-out samples, as in a queue. */
const HELD_OUT_EVERY = 10;

/**
 * Pairs or samples in an order that is drawn at random, each rater's own. Pairs with one side that training holds out and one that it learns from
 * come when all others have: they would teach nothing.
 */
export class DrawnQuestions implements QuestionSource {
  readonly #asking: Asking;
  readonly #asked: Asked;
  /** Of pairs: those of held-out samples, those to learn from, all others; else one. */
  readonly #walks: readonly Walk[];
  #counted: readonly RatedSample[] | undefined;

  constructor(asking: Asking, asked: Asked) {
    this.#asking = asking;
    this.#asked = asked;
    const { answers = 0, skips = 0 } = asking.state.standing(asked) ?? {};
    const answered = answers + skips;
    const isOpen = (samples: readonly RatedSample[]): Question | undefined => this.#questionOf(samples);
    const walk = (order: AskingOrder, share: number): Walk =>
      new Walk(asking, order, { from: Math.floor(share * answered), questionOf: isOpen });
    const { samples, sides, question, mode, seed } = asking;
    const words = [seed, question, mode, asked.rater];
    const heldOut = 1 / HELD_OUT_EVERY;
    this.#walks = sides
      ? [
          walk(AskingOrder.ofPairs(sides.heldOut, [...words, 'held out']), heldOut),
          walk(AskingOrder.ofPairs(sides.training, words), 1 - heldOut),
          walk(AskingOrder.ofPairsAcross(sides.training, sides.heldOut, [...words, 'across']), 0),
        ]
      : [walk(AskingOrder.ofSamples(samples.pictured, words), 1)];
  }

  async next(held: ReadonlySet<string>): Promise<Question | undefined> {
    for (const walk of this.#inTurn(held.size)) {
      const question = await walk.next(held);
      if (question) return question;
    }
    return undefined;
  }

  /** Of pairs there are too many for anybody to count. */
  async left(): Promise<number | null> {
    const { samples, sides } = this.#asking;
    if (sides || samples.pictured.length > MOST_COUNTED) return null;
    this.#counted ??= await samples.at([...samples.pictured]);
    return this.#counted.filter((sample) => this.#questionOf([sample])).length;
  }

  /** Held-out pairs come evenly; where there are no more, others do. @param held how many the page has that are not answered yet */
  #inTurn(held: number): readonly Walk[] {
    const { answers = 0, skips = 0 } = this.#asking.state.standing(this.#asked) ?? {};
    const [heldOut, training, ...others] = this.#walks;
    if (!training) return this.#walks;
    const isForHeldOut = (answers + skips + held) % HELD_OUT_EVERY === HELD_OUT_EVERY / 2;
    return [...(isForHeldOut ? [heldOut!, training] : [training, heldOut!]), ...others];
  }

  /** Undefined where it cannot be asked, or was answered. */
  #questionOf(samples: readonly RatedSample[]): Question | undefined {
    if (!isAskable(this.#asking, samples)) return undefined;
    const names = samples.map(({ name }) => name);
    if (this.#asking.state.answersAbout(this.#asked, names.map(sampleId)) > 0) return undefined;
    return { id: questionId(subjectOfNames(names), 0), samples };
  }
}

/** A way through an order, round and round. */
class Walk {
  readonly #samples: Asking['samples'];
  readonly #order: AskingOrder;
  readonly #questionOf: (samples: readonly RatedSample[]) => Question | undefined;
  /** The first place of the order that has not been looked at. */
  #place: number;

  /** @param options.from what was answered before a break lies before this place, if the seed was the same; if not, nothing is lost */
  constructor(
    { samples }: Pick<Asking, 'samples'>,
    order: AskingOrder,
    options: { from: number; questionOf(samples: readonly RatedSample[]): Question | undefined },
  ) {
    this.#samples = samples;
    this.#order = order;
    this.#questionOf = options.questionOf;
    this.#place = order.size === 0 ? 0 : options.from % order.size;
  }

  /** Looks once around. */
  async next(held: ReadonlySet<string>): Promise<Question | undefined> {
    const { size } = this.#order;
    let atOnce: number = PLACES_AT_ONCE.first;
    for (let looked = 0; looked < size; ) {
      const places = Math.min(atOnce, size - looked);
      atOnce = Math.min(2 * atOnce, PLACES_AT_ONCE.most);
      const candidates = Array.from({ length: places }, (_, i) => this.#order.at((this.#place + i) % size));
      const samples = await this.#samplesOf(candidates.flat());
      for (const numbers of candidates) {
        this.#place = (this.#place + 1) % size;
        looked++;
        const question = this.#questionOf(numbers.map((number) => samples.get(number)!));
        if (question && !held.has(question.id)) return question;
      }
    }
    return undefined;
  }

  async #samplesOf(numbers: readonly number[]): Promise<ReadonlyMap<number, RatedSample>> {
    const unique = [...new Set(numbers)];
    const samples = await this.#samples.at(unique);
    return new Map(unique.map((number, place) => [number, samples[place]!]));
  }
}
