import { codeOf, messageOf } from '../base/errors.ts';
import { type Encoder, rowProblem } from '../embed/encoder.ts';
import type { Head } from '../heads/head.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import type { Tag } from '../samples/tags.ts';
import { type DecodedRow, ModelStage, type ModelStageTools, type Row } from './model-stage.ts';
import { offerPicture } from './offer-picture.ts';

/** What the stage works with, and whom it tells how rows ended. */
export interface EmbedStageTools extends Pick<ModelStageTools, 'batchSize' | 'batchesAtOnce' | 'giveUp'> {
  readonly encoder: Encoder;
  readonly heads: Readonly<Partial<Record<Tag, Head>>>;
  readonly settled: () => void;
  readonly fail: (row: Row, failure: SampleFailure) => void;
}

/** The encoder's stage: crops become embeddings, and those scores by the heads. */
export function embedStage({ encoder, heads, settled, fail, ...stage }: EmbedStageTools): ModelStage {
  const settle = async (batch: readonly DecodedRow[], embeddings: Float32Array): Promise<void> => {
    await scoreBatch(heads, batch, embeddings);
    for (const [i, row] of batch.entries()) {
      const problem = rowProblem(embeddings, i, encoder.dimension);
      if (problem) {
        fail(row, { kind: 'failed', reason: 'embedding_invalid', message: problem });
        continue;
      }
      if (row.work.isLastPart(row.index)) offerPicture(row);
      const embedding = embeddings.subarray(i * encoder.dimension, (i + 1) * encoder.dimension);
      row.work.embedded(row.index, embedding);
      settled();
    }
  };
  return new ModelStage({
    ...stage,
    title: 'encoder',
    batchFlag: '--batch-size',
    cropOf: (row) => row.crops.encoder,
    run: (crops) => encoder.embed(crops),
    settle,
    refuse: (row, error) => fail(row, encoderFailure(error)),
    took: (batch, ms) => {
      for (const { work } of batch) work.times.embedMs += ms;
    },
  });
}

async function scoreBatch(
  heads: EmbedStageTools['heads'],
  batch: readonly DecodedRow[],
  embeddings: Float32Array,
): Promise<void> {
  for (const [tag, head] of Object.entries(heads) as [Tag, Head][]) {
    const { scores, spreads } = await head.scoreMany(embeddings, batch.length);
    // The score is the float32 that is published: whoever reads the tags comes to the same verdict and bucket.
    for (const [i, { work, index }] of batch.entries()) {
      work.headScores[tag]![index] = Math.fround(scores[i]!);
      if (spreads) work.noteSpread(tag, index, spreads[i]!);
    }
  }
}

function encoderFailure(thrown: unknown): SampleFailure<'encoder_crashed' | 'encoder_failed'> {
  const crashed = codeOf(thrown) === 'BB_CHILD_CRASHED' || codeOf(thrown) === 'BB_CHILD_TIMEOUT';
  return {
    kind: 'failed',
    reason: crashed ? 'encoder_crashed' : 'encoder_failed',
    message: crashed ? 'The encoder process ended while it worked on this image' : messageOf(thrown),
  };
}
