import type { TagModel } from '../embed/tag-model.ts';
import { type DecodedRow, ModelStage, type ModelStageTools } from './model-stage.ts';
import { offerPicture } from './offer-picture.ts';

/** What the stage works with. */
export interface TagStageTools extends Pick<ModelStageTools, 'batchesAtOnce' | 'giveUp'> {
  readonly model: TagModel;
  /** When it aborts, the tools are taken away, and what fails then says nothing of an image. */
  readonly signal: AbortSignal;
}

/** The stage of an image model that gives a tag. A row of which it gives none is a row without that tag. */
export class TagStage {
  readonly model: TagModel;
  readonly stage: ModelStage;
  readonly #signal: AbortSignal;
  #unscored = 0;

  constructor({ model, signal, ...stage }: TagStageTools) {
    this.model = model;
    this.#signal = signal;
    this.stage = new ModelStage({
      ...stage,
      title: `${model.tag} model`,
      batchSize: model.batchSize,
      batchFlag: '--tag-batch-size',
      cropOf: (row) => row.crops.tags[model.tag]!,
      run: (crops) => model.score(crops),
      settle: async (batch, scores) => {
        for (const [i, row] of batch.entries()) this.#end(row, scores[i]!);
      },
      refuse: (row) => this.#end(row, Number.NaN),
      took: (batch, ms) => {
        for (const { work } of batch) work.times.tagMs += ms;
      },
    });
  }

  /** One sentence on the images that the model gave no score of; undefined where there were none. */
  describeUnscored(): string | undefined {
    const { tag, name } = this.model;
    return this.#unscored === 0
      ? undefined
      : `The ${tag} model ${name} gave no score of ${this.#unscored} images; their ${tag} is null.`;
  }

  #end(row: DecodedRow, score: number): void {
    if (this.#signal.aborted) return;
    const { work, index } = row;
    if (Number.isNaN(score)) this.#unscored++;
    const isLast = work.isLastPart(index);
    work.tagged(index, this.model.tag, score);
    if (isLast && work.states[index]!.kind === 'embedded') offerPicture(row);
  }
}
