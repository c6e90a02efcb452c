import { type Answer, type SampleName, sampleId, subjectOf } from '../../feedback/answer.ts';
import type { Asked, FeedbackState } from '../../feedback/state.ts';
import type { AskedMode } from '../options.ts';
import type { PageItem } from '../page-data.ts';
import type { RatedSample, RatedSamples } from '../samples/rated-samples.ts';
import { drawn } from './draw.ts';
import { itemOf, type Question, questionId, subjectOfNames } from './items.ts';
import { AskingOrder } from './stream.ts';

/** What all raters are asked about, and what is known of their answers. */
export interface Asking {
  readonly samples: RatedSamples;
  readonly state: FeedbackState;
  readonly question: string;
  readonly mode: AskedMode;
  readonly seed: number;
  readonly repeatShare: number;
  /** Numbers of samples whose picture could not be shown. */
  readonly unshown: ReadonlySet<number>;
}

/** What is asked next. */
export interface NextItems {
  readonly items: readonly PageItem[];
  /** There is nothing more to ask. */
  readonly isEnd: boolean;
}

/** Names of samples are read so many at a time; more at a time where none of these is to be asked. */
const PLACES_AT_ONCE = { first: 32, most: 2048 } as const;
/** A pair is not asked again before so many others were answered: it would be remembered. */
const REPEATED_AFTER = 10;
const ALL = 2 ** 32;

/** Chooses what one rater is asked. */
export class Asker {
  readonly #asking: Asking;
  readonly #asked: Asked;
  readonly #order: AskingOrder;
  /** The first place of the order that has not been looked at. */
  #place: number;

  constructor(asking: Asking, rater: string) {
    this.#asking = asking;
    const { samples, question, mode, seed } = asking;
    this.#asked = { question, mode, rater };
    this.#order = new AskingOrder(samples.pictured, mode, [seed, question, mode, rater]);
    // What was answered before a break lies before this place, if the seed was the same; if not, nothing is lost.
    this.#place = this.#order.size === 0 ? 0 : this.#answered % this.#order.size;
  }

  /** @param held ids of items that the page has and that are not answered yet */
  async next(count: number, held: ReadonlySet<string>): Promise<NextItems> {
    const items: PageItem[] = [];
    const { seed } = this.#asking;
    const { rater } = this.#asked;
    while (items.length < count) {
      const ids = new Set([...held, ...items.map(({ id }) => id)]);
      const question = (await this.#repeat(ids)) ?? (await this.#fresh(ids));
      if (!question) return { items, isEnd: true };
      items.push(itemOf(question, seed, rater));
    }
    return { items, isEnd: false };
  }

  /** Answers that stand, skipped ones among them. */
  get #answered(): number {
    const standing = this.#asking.state.standing(this.#asked);
    return (standing?.answers ?? 0) + (standing?.skips ?? 0);
  }

  /** The next of the order that this rater has not answered; undefined where there is none once around. */
  async #fresh(ids: ReadonlySet<string>): Promise<Question | undefined> {
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
        if (question && !ids.has(question.id)) return question;
      }
    }
    return undefined;
  }

  async #samplesOf(numbers: readonly number[]): Promise<ReadonlyMap<number, RatedSample>> {
    const unique = [...new Set(numbers)];
    const samples = await this.#asking.samples.at(unique);
    return new Map(unique.map((number, place) => [number, samples[place]!]));
  }

  /** Undefined where it cannot be asked, or was answered. */
  #questionOf(samples: readonly RatedSample[]): Question | undefined {
    const { state, unshown } = this.#asking;
    const names = samples.map(({ name }) => name);
    if (samples.some(({ number }) => unshown.has(number))) return undefined;
    if (names.some(({ hash, key }) => hash === undefined && key === undefined)) return undefined;
    if (names.length === 2 && sampleId(names[0]!) === sampleId(names[1]!)) return undefined;
    const subject = subjectOfNames(names);
    if (state.answersAbout(this.#asked, subject) > 0) return undefined;
    return { id: questionId(subject, 0), samples };
  }

  /** Something that was answered a while ago, at some of the places. */
  async #repeat(ids: ReadonlySet<string>): Promise<Question | undefined> {
    const { seed, repeatShare } = this.#asking;
    const count = this.#answered + ids.size;
    const words = [seed, this.#asked.rater, 'repeat', count] as const;
    if (drawn(...words) >= repeatShare * ALL) return undefined;
    const last = this.#asking.state.standing(this.#asked)?.last ?? [];
    const candidates = last.slice(0, -REPEATED_AFTER).filter((answer) => this.#isAskedOnce(answer, ids));
    const answer = candidates[drawn(...words, 'which') % candidates.length];
    return answer && (await this.#questionAgain(answer));
  }

  #isAskedOnce(answer: Answer, ids: ReadonlySet<string>): boolean {
    const subject = subjectOf(answer);
    if (answer.answer === 'skip' || ids.has(questionId(subject, 1))) return false;
    return this.#asking.state.answersAbout(this.#asked, subject) === 1;
  }

  async #questionAgain(answer: Answer): Promise<Question | undefined> {
    const names = askedNames(answer);
    const found = await this.#asking.samples.find(names);
    const samples = names.flatMap((name) => found.get(sampleId(name)) ?? []);
    if (samples.length < names.length) return undefined;
    if (samples.some(({ number }) => this.#asking.unshown.has(number))) return undefined;
    return { id: questionId(subjectOf(answer), 1), samples, wasSwapped: answer.swapped === true };
  }
}

/** The samples of an answer in the order in which they were asked, before it was drawn how they are shown. */
function askedNames(answer: Answer): readonly SampleName[] {
  if (answer.mode !== 'pair') return [answer.sample];
  return answer.swapped === true ? [answer.right, answer.left] : [answer.left, answer.right];
}
