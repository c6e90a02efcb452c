import type { FeedbackWriter } from '../feedback/writer.ts';
import { WebError } from '../web/http-error.ts';
import { Asker } from './asking/asker.ts';
import type { AskedMode, RateOptions } from './options.ts';
import type { RatedSample, RatedSamples } from './samples/rated-samples.ts';
import { Saving } from './saving.ts';

/** What raters sit at: the samples, who has been asked what, and the file that answers go to. */
export class RatingTable {
  readonly options: RateOptions;
  readonly samples: RatedSamples;
  readonly saving: Saving;
  /** Numbers of samples whose picture could not be shown. */
  readonly #unshown = new Set<number>();
  readonly #askers = new Map<string, Asker>();
  readonly #writer: FeedbackWriter;

  constructor(options: RateOptions, samples: RatedSamples, writer: FeedbackWriter) {
    this.options = options;
    this.samples = samples;
    this.saving = new Saving(writer, options);
    this.#writer = writer;
  }

  get mode(): AskedMode {
    return this.options.mode;
  }

  /** How many items there are, where that is a number that means something to a person. */
  get total(): number | null {
    return this.mode === 'pair' ? null : this.samples.pictured.length;
  }

  askerOf(rater: string): Asker {
    const { question, mode, seed, repeatShare } = this.options;
    const asking = { samples: this.samples, state: this.#writer.state, unshown: this.#unshown };
    const asker =
      this.#askers.get(rater) ?? new Asker({ ...asking, question, mode, seed, repeatShare }, rater);
    this.#askers.set(rater, asker);
    return asker;
  }

  isPictured(number: number): boolean {
    const { pictured } = this.samples;
    let [low, high] = [0, pictured.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (pictured[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return pictured[low] === number;
  }

  /** A picture; where there is none the sample is asked about no more, and that is told. @throws WebError; the signal's reason */
  async webpOf(sample: RatedSample, signal: AbortSignal): Promise<Buffer> {
    try {
      return await this.samples.webpOf(sample.number, signal);
    } catch (thrown) {
      if (thrown instanceof WebError) this.#passOver(sample, thrown.message);
      throw thrown;
    }
  }

  /** @throws WebError BB_HTTP_QUERY, BB_HTTP_NOT_SAVED */
  async save(body: unknown): ReturnType<Saving['save']> {
    try {
      return await this.saving.save(body);
    } catch (thrown) {
      if (thrown instanceof WebError) throw thrown;
      this.options.onFault?.(thrown);
      throw new WebError(
        'BB_HTTP_NOT_SAVED',
        'Answers cannot be saved at this moment. The page keeps them; the output of the command has the cause.',
      );
    }
  }

  #passOver({ number, name }: RatedSample, why: string): void {
    if (this.#unshown.has(number)) return;
    this.#unshown.add(number);
    const count = this.#unshown.size;
    this.options.onNote?.(
      `The picture of ${name.key ?? name.hash} cannot be shown, so it is not asked about (${count} so far): ${why}`,
    );
  }
}
