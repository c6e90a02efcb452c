import {
  type Answer,
  type Asked,
  idsOf,
  type SampleName,
  sampleId,
  subjectOf,
} from '../../feedback/answer.ts';
import type { PageItem } from '../page-data.ts';
import { type Asking, isAskable, type QuestionSource } from './asking.ts';
import { drawn } from './draw.ts';
import { DrawnQuestions } from './drawn-questions.ts';
import { itemOf, type Question, questionId } from './items.ts';
import { QueuedQuestions } from './queued-questions.ts';
import type { WatchedQueue } from './watched-queue.ts';

/** What is asked next. */
export interface NextItems {
  readonly items: readonly PageItem[];
  /** There is nothing more to ask. */
  readonly isEnd: boolean;
  /** How many questions the rater has not answered, where that can be told. */
  readonly left: number | null;
  /** Of those that the page holds, what needs no answer any more. */
  readonly settled?: readonly string[];
}

/** A pair is not asked again before so many others were answered: it would be remembered. */
const REPEATED_AFTER = 10;
const ALL = 2 ** 32;

/** Chooses what one rater is asked. */
export class Asker {
  readonly #asking: Asking;
  readonly #asked: Asked;
  readonly #source: QuestionSource;

  /** @param queue what is asked; drawn at random where not given */
  constructor(asking: Asking, rater: string, queue: WatchedQueue | undefined) {
    this.#asking = asking;
    const { question, mode } = asking;
    this.#asked = { question, mode, rater };
    this.#source = queue
      ? new QueuedQuestions(asking, this.#asked, queue)
      : new DrawnQuestions(asking, this.#asked);
  }

  /** @param held ids of items that the page has and that are not answered yet */
  async next(count: number, held: ReadonlySet<string>): Promise<NextItems> {
    const items: PageItem[] = [];
    const { seed } = this.#asking;
    const { rater } = this.#asked;
    while (items.length < count) {
      const ids = new Set([...held, ...items.map(({ id }) => id)]);
      const question = (await this.#repeat(ids)) ?? (await this.#source.next(ids));
      if (!question) return { items, isEnd: true, left: await this.#source.left() };
      items.push(itemOf(question, seed, rater));
    }
    return { items, isEnd: false, left: await this.#source.left() };
  }

  /** Answers that stand, skipped ones among them. */
  get #answered(): number {
    const standing = this.#asking.state.standing(this.#asked);
    return (standing?.answers ?? 0) + (standing?.skips ?? 0);
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
    return this.#asking.state.answersAbout(this.#asked, idsOf(answer)) === 1;
  }

  async #questionAgain(answer: Answer): Promise<Question | undefined> {
    const names = askedNames(answer);
    const found = await this.#asking.samples.find(names);
    const samples = names.flatMap((name) => found.get(sampleId(name)) ?? []);
    if (samples.length < names.length || !isAskable(this.#asking, samples)) return undefined;
    return { id: questionId(subjectOf(answer), 1), samples, wasSwapped: answer.swapped === true };
  }
}

/** The samples of an answer in the order in which they were asked, before it was drawn how they are shown. */
function askedNames(answer: Answer): readonly SampleName[] {
  if (answer.mode !== 'pair') return [answer.sample];
  return answer.swapped === true ? [answer.right, answer.left] : [answer.left, answer.right];
}
