import type { TagModelFiles } from '../models/encoder-files.ts';
import type { ImageTransform, ScoreActivation, ScoreStatement } from '../models/manifest.ts';
import {
  type Crop,
  type ImageModel,
  type RunOptions,
  refuseNumberless,
  startImageModel,
} from './image-model.ts';
import { imageModelSpec } from './spec.ts';

/** Which model to run for a tag, and how. */
export interface TagModelOptions extends RunOptions {
  readonly files: TagModelFiles;
}

/** An image model that gives a tag of the pixels themselves. */
export interface TagModel
  extends Pick<ImageModel, 'batchSize' | 'batchInvariant' | 'provider' | 'runtimeVersion' | 'stop'> {
  readonly tag: ScoreStatement['tag'];
  /** Of a regressor: what its scores stand for. */
  readonly label?: NonNullable<ScoreStatement['label']>;
  readonly name: string;
  /** sha256 in hex of the model's bytes, followed by those of its external weight files. */
  readonly digest: string;
  /** Which of its values is the score, and what makes a score of it. */
  readonly statement: ScoreStatement;
  /** How its crops are made of an image. */
  readonly transform: ImageTransform;
  /**
   * Scores crops as `ImageModel.run` takes them: one float32 each, NaN where the model gave no number.
   *
   * @throws BowerbirdError as `ImageModel.run` does
   */
  score(crops: readonly Crop[]): Promise<Float32Array>;
}

/**
 * Loads a model in a process of its own and tries it out, as `createEncoder` does.
 *
 * @throws BowerbirdError BB_MODEL_GRAPH, BB_DEVICE_UNAVAILABLE, or BB_EMBED_FAILED where it cannot be started
 */
export async function createTagModel({ files, ...running }: TagModelOptions): Promise<TagModel> {
  const { modelPath, manifest, score, name, digest } = files;
  const { transform, dimension: width } = manifest;
  const spec = imageModelSpec(modelPath, manifest, 'plain');
  const named = { spec, title: `${score.tag} model`, timeoutFlag: '--encoder-timeout' };
  const model = await startImageModel({ ...running, ...named });
  await refuseNumberless(model, named);
  const { batchSize, batchInvariant, provider, runtimeVersion } = model;
  return {
    ...(score.label && { label: score.label }),
    ...{ tag: score.tag, name, digest, statement: score, transform },
    ...{ batchSize, batchInvariant, provider, runtimeVersion },
    score: async (crops) => {
      const rows = await model.run(crops);
      return Float32Array.from(crops, (_, i) =>
        scoreOf(rows.subarray(i * width, (i + 1) * width), score.class, score.activation),
      );
    },
    stop: () => model.stop(),
  };
}

/** One of the values of a row as a score, in float64; NaN where it is no finite number. */
export function scoreOf(row: Float32Array, place: number, activation: ScoreActivation): number {
  const score = ACTIVATIONS[activation](row, row[place]!);
  return Number.isFinite(score) ? score : Number.NaN;
}

const ACTIVATIONS: Readonly<Record<ScoreActivation, (row: Float32Array, value: number) => number>> = {
  none: (_, value) => value,
  sigmoid: (_, value) => 1 / (1 + Math.exp(-value)),
  // The greatest is taken from all, so that no power is infinite.
  softmax: (row, value) => {
    const greatest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (const other of row) sum += Math.exp(other - greatest);
    return Math.exp(value - greatest) / sum;
  },
};
