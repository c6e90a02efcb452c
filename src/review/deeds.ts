import type { JsonObject } from '../base/json-object.ts';
import { type Answer, type Retraction, type SampleName, sampleId } from '../feedback/answer.ts';
import type { RatedSample } from '../rate/samples/rated-samples.ts';
import type { AnswerDeeds, Deed } from '../rate/saving.ts';
import { WebError } from '../web/http-error.ts';
import type { KeptFolder } from './kept-folder.ts';
import type { KeptRows } from './kept-rows.ts';
import { safeStem } from './safe-stem.ts';
import type { Original, ReviewSamples } from './samples.ts';

/** What keeping and undoing change beside the feedback file. */
export interface Keeper {
  readonly samples: ReviewSamples;
  readonly folder: KeptFolder;
  readonly kept: KeptRows;
  /** An answer was taken back. */
  onTakenBack(): void;
}

/** Copies what is kept before the answer counts, and removes the copy after the answer was taken back. */
export class ReviewDeeds implements AnswerDeeds {
  readonly #keeper: Keeper;

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
  }

  async before(record: Answer, sent: JsonObject): Promise<Deed | undefined> {
    if (record.mode !== 'keep' || record.answer !== 'keep') return undefined;
    const sample = await this.#find(record.sample);
    if (!sample) return { refused: 'its sample is none of those that are reviewed here' };
    const { folder, kept } = this.#keeper;
    const near = kept.nearTo(sample.number);
    if (near !== undefined) {
      const file = folder.fileOf(near);
      const what = file === undefined ? 'a picture that is' : `${file}, which is`;
      return { refused: `its picture is near to ${what} kept, by another page or meanwhile` };
    }
    // From now on, lest two that are near to each other are copied at a time.
    kept.add(record.id, sample.number);
    try {
      const deed = await this.#keep(record.id, sample, sent);
      if ('refused' in deed) kept.remove(record.id);
      return deed;
    } catch (thrown) {
      kept.remove(record.id);
      throw thrown;
    }
  }

  async #keep(id: string, sample: RatedSample, sent: JsonObject): Promise<Deed> {
    const { folder } = this.#keeper;
    const original = await this.#originalOf(sample);
    if (typeof original === 'string') return { refused: `its picture cannot be copied: ${original}` };
    const stem = await this.stemOf(sample, sent['stem']);
    const { file } = await folder.keep({ id, sample: sample.name, stem, ...original });
    return { said: `Kept as ${file}.` };
  }

  async after({ retracts }: Retraction): Promise<Deed | undefined> {
    const { folder, kept, onTakenBack } = this.#keeper;
    kept.remove(retracts);
    onTakenBack();
    const said = await folder.takeBack(retracts);
    return said === undefined ? undefined : { said };
  }

  async saved(record: Answer): Promise<void> {
    if (record.mode !== 'keep' || record.answer !== 'keep') return;
    const sample = await this.#find(record.sample);
    if (sample) this.#keeper.kept.add(record.id, sample.number);
  }

  /** The name of a file for a sample, without number and extension. @param wished what a person asks for */
  async stemOf(sample: RatedSample, wished: unknown): Promise<string> {
    const own = await this.#keeper.samples.stemOf(sample);
    return typeof wished === 'string' ? safeStem(wished, own) : own;
  }

  /** The name that the file of a sample would get now. @throws WebError BB_HTTP_NO_PICTURE */
  async nameOf(sample: RatedSample, wished: string): Promise<string> {
    const original = await this.#originalOf(sample);
    if (typeof original === 'string') throw new WebError('BB_HTTP_NO_PICTURE', original);
    return this.#keeper.folder.freeName(await this.stemOf(sample, wished), original.extension);
  }

  async #originalOf({ number }: RatedSample): Promise<Original | string> {
    try {
      return await this.#keeper.samples.original(number);
    } catch (thrown) {
      if (thrown instanceof WebError) return thrown.message;
      throw thrown;
    }
  }

  async #find(name: SampleName): Promise<RatedSample | undefined> {
    return (await this.#keeper.samples.find([name])).get(sampleId(name));
  }
}
