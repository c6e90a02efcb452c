import { createHash } from 'node:crypto';
import { env } from '../embed/onnxruntime.ts';
import type { Label } from '../samples/label.ts';
import type { Course, Trained } from './course.ts';
import type { Dataset } from './dataset.ts';
import type { Judgement } from './judge.ts';
import { bestOf } from './looks.ts';
import { type CnnOptions, MODEL_FILE } from './options.ts';
import { LEAK, parametersOf, weightCount } from './shape.ts';

/** The record of the training of a network on pixels ([training.schema.json](../../schemas/training.schema.json)). */
export interface CnnRecord {
  readonly format: 'bowerbird-training';
  readonly version: 1;
  readonly head: { readonly file: string; readonly sha256: string };
  readonly method: 'cnn';
  readonly measures: Judgement['measures'];
  readonly epoch_kept: number;
  readonly epochs_trained: number;
  readonly [field: string]: unknown;
}

/** What a record is made of. */
export interface RecordParts {
  readonly options: CnnOptions;
  readonly dataset: Dataset;
  readonly course: Course;
  readonly trained: Trained;
  readonly judgement: Judgement;
  readonly model: Uint8Array;
  readonly label: Label | undefined;
}

export function recordOf(parts: RecordParts): CnnRecord {
  const { dataset, trained, judgement, model } = parts;
  const { looks } = trained;
  return {
    format: 'bowerbird-training',
    version: 1,
    head: { file: MODEL_FILE, sha256: createHash('sha256').update(model).digest('hex') },
    method: 'cnn',
    ...{ question: dataset.question, mode: 'likes', tag: 'aesthetic' },
    ...settingsOf(parts),
    ...(trained.end === 'signal' && { interrupted: true }),
    ...{ epochs_trained: looks.length - 1, epoch_kept: bestOf(looks).epoch },
    ...{ epoch_rule: ruleOf(parts.options), ended_by: END_WORDS[trained.end] },
    linear_baseline: judgement.linear,
    measures: judgement.measures,
    curves: [looks.map(({ step, trainingLoss, validationLoss }) => [step, trainingLoss, validationLoss])],
    looks: looks.map(({ epoch, step, figures }) => ({ epoch, step, ...figures })),
  };
}

const END_WORDS: Readonly<Record<Trained['end'], string>> = {
  epochs: 'all epochs were trained',
  patience: 'no lower loss within the patience',
  diverged: 'the loss was no number any more',
  signal: 'a signal',
};

function ruleOf({ patience }: CnnOptions): string {
  const kept = 'kept at the epoch with the lowest loss on the validation split, of several the first';
  return patience === undefined ? kept : `${kept}; ended after ${patience} epochs without a lower one`;
}

function settingsOf({ options, dataset, course, label }: RecordParts): Record<string, unknown> {
  const { shape, targetScale, scale } = course;
  const { train, validation, test } = dataset.splits;
  return {
    seed: options.seed,
    dataset: {
      ...{ digest: dataset.digest, standardise: dataset.standardise },
      posts: { train: train.count, validation: validation.count, test: test.count },
    },
    label_transform: label?.transform ?? 'none',
    network: {
      ...{ image_px: shape.imagePx, hidden: shape.hidden, dropout: shape.dropout, leak: LEAK },
      convolutions: shape.convolutions.map(({ channels, kernelPx }) => ({ channels, kernel_px: kernelPx })),
      weights: weightCount(parametersOf(shape)),
    },
    loss: options.loss,
    ...(options.loss === 'quantile' && { quantile: options.quantile }),
    ...{ batch: options.batch, epochs: options.epochs, learning_rate: options.learningRate },
    target_scale: { mean: targetScale.base, spread: targetScale.factor },
    pixel_scale: scale,
    ...{ device: options.device, onnxruntime: env.versions.node ?? env.versions.common },
  };
}
