import { type Answer, sampleId } from '../feedback/answer.ts';
import type { FeedbackState } from '../feedback/state.ts';
import type { NextItems } from '../rate/asking/asker.ts';
import { checkOf, itemOf, questionId } from '../rate/asking/items.ts';
import type { PageItem } from '../rate/page-data.ts';
import type { RatedSample } from '../rate/samples/rated-samples.ts';
import type { ItemSource } from '../rate/table.ts';
import type { KeptRows } from './kept-rows.ts';
import type { ReviewSamples } from './samples.ts';

/** Names of samples are read so many at a time; more at a time where none of these is to be asked. */
const ROWS_AT_ONCE = { first: 32, most: 2048 } as const;
/** So many of the items that were given out last are looked at for what is near to a new one: a page holds fewer. */
const MOST_RECENT = 64;

/** What is asked, and what is known of it. */
export interface Reviewing {
  readonly samples: ReviewSamples;
  readonly state: FeedbackState;
  readonly question: string;
  readonly kept: KeptRows;
}

/** Gives out the samples that nobody has answered and that are near to none that is kept, best first. The same to all raters. */
export class ReviewAsker implements ItemSource {
  readonly #reviewing: Reviewing;
  readonly #rater: string;
  readonly #unshown: ReadonlySet<number>;
  /** All before this place are answered or left out: what is left out comes back only when an answer is taken back. */
  #place = 0;
  /** How often it was gone back to the start: what was found out before counts no longer. */
  #rewinds = 0;
  /** Rows of the items that were given out last, by their ids. */
  #recent: { readonly id: string; readonly row: number }[] = [];

  constructor(reviewing: Reviewing, rater: string, unshown: ReadonlySet<number>) {
    this.#reviewing = reviewing;
    this.#rater = rater;
    this.#unshown = unshown;
  }

  /** An answer was taken back: what it was about is asked again, and what it had left out. */
  rewind(): void {
    this.#place = 0;
    this.#rewinds++;
  }

  async next(count: number, held: ReadonlySet<string>): Promise<NextItems> {
    const { order } = this.#reviewing.samples;
    const items: PageItem[] = [];
    const rewinds = this.#rewinds;
    let isAllSettled = true;
    let atOnce: number = ROWS_AT_ONCE.first;
    for (let place = this.#place; place < order.length && items.length < count; ) {
      const rows = [...order.subarray(place, place + atOnce)];
      for (const sample of await this.#reviewing.samples.at(rows)) {
        if (items.length === count) break;
        const isSettled = this.#isLeftOut(sample) || this.#isAnswered(sample);
        isAllSettled &&= isSettled && rewinds === this.#rewinds;
        place++;
        if (isAllSettled) this.#place = place;
        if (isSettled) continue;
        const id = questionId(sampleId(sample.name), 0);
        if (!held.has(id) && !items.some((item) => item.id === id)) items.push(this.#itemOf(id, sample));
      }
      atOnce = Math.min(2 * atOnce, ROWS_AT_ONCE.most);
    }
    return { items, isEnd: items.length < count, left: null, settled: await this.#settledOf(held) };
  }

  /** What a page holds and others have answered meanwhile, or is near to what is kept. What its own rater answered may be on its way back to being asked. */
  async #settledOf(held: ReadonlySet<string>): Promise<string[]> {
    const given = this.#recent.filter(({ id }) => held.has(id));
    const samples = await this.#reviewing.samples.at(given.map(({ row }) => row));
    return given.flatMap(({ id }, place) => {
      const sample = samples[place]!;
      return this.#isLeftOut(sample) || this.#isAnswered(sample, this.#rater) ? [id] : [];
    });
  }

  /** By whomever, but for one where that is given. */
  #isAnswered({ name }: RatedSample, except?: string): boolean {
    if (name.hash === undefined && name.key === undefined) return true;
    const { state, question } = this.#reviewing;
    const ids = [sampleId(name)];
    return ratersOf(state, question).some(
      (rater) => rater !== except && state.answersAbout({ question, mode: 'keep', rater }, ids) > 0,
    );
  }

  #isLeftOut({ number }: RatedSample): boolean {
    return this.#unshown.has(number) || this.#reviewing.kept.nearTo(number) !== undefined;
  }

  #itemOf(id: string, sample: RatedSample): PageItem {
    const { samples, kept } = this.#reviewing;
    const item = itemOf({ id, samples: [sample] }, 0, '');
    const near = this.#recent
      .filter((other) => other.id !== id && kept.areNear(other.row, sample.number))
      .map((other) => other.id);
    this.#recent = [...this.#recent.filter((other) => other.id !== id), { id, row: sample.number }].slice(
      -MOST_RECENT,
    );
    return {
      ...item,
      samples: [{ ...item.samples[0]!, naming: `/names/${sample.number}/${checkOf(sample)}` }],
      facts: samples.factsOf(sample.number),
      near,
    };
  }
}

/** Who has answered a question by keeping and leaving. */
function ratersOf(state: FeedbackState, question: string): string[] {
  return state
    .standings()
    .filter((one) => one.question === question && one.mode === 'keep')
    .map(({ rater }) => rater);
}

/** Whether an answer keeps its sample. */
export function isKeep(answer: Answer): boolean {
  return answer.mode === 'keep' && answer.answer === 'keep';
}
