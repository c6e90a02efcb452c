import type { Asked } from '../../feedback/answer.ts';
import { type Asking, isAskable, type QuestionSource } from './asking.ts';
import type { Question } from './items.ts';
import type { QueuedQuestion, WatchedQueue } from './watched-queue.ts';

/** What a queue file asks, in its order; what is asked anew when the file was replaced comes in the new order. */
export class QueuedQuestions implements QuestionSource {
  readonly #asking: Asking;
  readonly #asked: Asked;
  readonly #queue: WatchedQueue;

  constructor(asking: Asking, asked: Asked, queue: WatchedQueue) {
    this.#asking = asking;
    this.#asked = asked;
    this.#queue = queue;
  }

  async next(held: ReadonlySet<string>): Promise<Question | undefined> {
    const questions = await this.#queue.questions();
    return questions.find((question) => !held.has(question.id) && this.#isOpen(question));
  }

  async left(): Promise<number> {
    return (await this.#queue.questions()).filter((question) => this.#isOpen(question)).length;
  }

  /** What is asked again on purpose was answered before; else one answer is enough. */
  #isOpen({ id, ids, isRepeat, samples }: QueuedQuestion): boolean {
    const { state } = this.#asking;
    if (!isAskable(this.#asking, samples) || state.answersToItem(this.#asked, id) > 0) return false;
    return isRepeat || state.answersAbout(this.#asked, ids) === 0;
  }
}
