import type { FeedbackWriter } from '../feedback/writer.ts';
import { WebError } from '../web/http-error.ts';
import type { WebRoute } from '../web/server.ts';
import type { NextItems } from './asking/asker.ts';
import type { PageKind, TableOptions } from './options.ts';
import { isAmong, type RatedSample, type RatedSamples } from './samples/rated-samples.ts';
import { type AnswerDeeds, Saving } from './saving.ts';

/** Chooses what a rater is asked. */
export interface ItemSource {
  /** @param held ids of items that the page has and that are not answered yet */
  next(count: number, held: ReadonlySet<string>): Promise<NextItems>;
}

/** In what tables differ. */
export interface TableParts {
  readonly page: PageKind;
  /** @param unshown numbers of samples whose picture could not be shown; more as time goes on */
  newAsker(rater: string, unshown: ReadonlySet<number>): ItemSource;
  /** What answers have done besides being saved. */
  readonly deeds?: AnswerDeeds;
  /** What else the page may ask about a picture, beside those of every table. */
  readonly pictureRoutes?: readonly PictureRoute[];
}

/** Something that is told of a picture: at `/NAME/:number/:check`. */
export interface PictureRoute {
  readonly name: string;
  answer(sample: RatedSample, request: Parameters<WebRoute['answer']>[0]): ReturnType<WebRoute['answer']>;
}

/** What raters sit at: the samples, who has been asked what, and the file that answers go to. */
export class RatingTable {
  readonly options: TableOptions;
  readonly samples: RatedSamples;
  readonly saving: Saving;
  readonly parts: TableParts;
  /** Numbers of samples whose picture could not be shown. */
  readonly #unshown = new Set<number>();
  readonly #askers = new Map<string, ItemSource>();

  constructor(options: TableOptions, samples: RatedSamples, writer: FeedbackWriter, parts: TableParts) {
    this.options = options;
    this.samples = samples;
    this.saving = new Saving(writer, options, parts.deeds);
    this.parts = parts;
  }

  askerOf(rater: string): ItemSource {
    const asker = this.#askers.get(rater) ?? this.parts.newAsker(rater, this.#unshown);
    this.#askers.set(rater, asker);
    return asker;
  }

  isPictured(number: number): boolean {
    return isAmong(this.samples.pictured, number);
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
      const saved = await this.saving.save(body);
      this.options.onSaved?.(saved.results.filter((result) => result === 'saved').length);
      return saved;
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
