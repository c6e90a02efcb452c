import type { Asked } from '../../feedback/state.ts';
import type { RatedSample } from '../samples/rated-samples.ts';
import { type Asking, isAskable, type QuestionSource } from './asking.ts';
import { type Question, questionId, subjectOfNames } from './items.ts';
import { AskingOrder } from './stream.ts';

/** Names of samples are read so many at a time; more at a time where none of these is to be asked. */
const PLACES_AT_ONCE = { first: 4, most: 2048 } as const;
/** Of more samples it is not counted how many are left. */
const MOST_COUNTED = 20_000;

/** Pairs or samples in an order that is drawn at random, each rater's own. */
export class DrawnQuestions implements QuestionSource {
  readonly #asking: Asking;
  readonly #asked: Asked;
  readonly #order: AskingOrder;
  /** The first place of the order that has not been looked at. */
  #place: number;
  #counted: readonly RatedSample[] | undefined;

  constructor(asking: Asking, asked: Asked) {
    const { samples, question, mode, seed } = asking;
    this.#asking = asking;
    this.#asked = asked;
    this.#order = new AskingOrder(samples.pictured, mode, [seed, question, mode, asked.rater]);
    const { answers = 0, skips = 0 } = asking.state.standing(asked) ?? {};
    // What was answered before a break lies before this place, if the seed was the same; if not, nothing is lost.
    this.#place = this.#order.size === 0 ? 0 : (answers + skips) % this.#order.size;
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

  /** Of pairs there are too many for anybody to count. */
  async left(): Promise<number | null> {
    const { samples, mode } = this.#asking;
    if (mode === 'pair' || this.#order.size > MOST_COUNTED) return null;
    this.#counted ??= await samples.at([...samples.pictured]);
    return this.#counted.filter((sample) => this.#questionOf([sample])).length;
  }

  async #samplesOf(numbers: readonly number[]): Promise<ReadonlyMap<number, RatedSample>> {
    const unique = [...new Set(numbers)];
    const samples = await this.#asking.samples.at(unique);
    return new Map(unique.map((number, place) => [number, samples[place]!]));
  }

  /** Undefined where it cannot be asked, or was answered. */
  #questionOf(samples: readonly RatedSample[]): Question | undefined {
    if (!isAskable(this.#asking, samples)) return undefined;
    const subject = subjectOfNames(samples.map(({ name }) => name));
    if (this.#asking.state.answersAbout(this.#asked, subject) > 0) return undefined;
    return { id: questionId(subject, 0), samples };
  }
}
