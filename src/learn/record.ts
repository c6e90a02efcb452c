import { createHash } from 'node:crypto';
import type { Material } from './material.ts';
import { HEAD_FILE, type Method, type TrainOptions } from './options.ts';
import { heldOutBy, type MadeHead } from './result.ts';

/** The record of a training, as it lies beside the head. */
export interface TrainingRecord {
  readonly format: 'bowerbird-training';
  readonly version: 1;
  readonly head: { readonly file: string; readonly sha256: string };
  readonly method: Method;
  readonly [field: string]: unknown;
}

/** What a training says of itself. */
export function recordOf(
  options: TrainOptions,
  material: Material,
  made: MadeHead,
  isInterrupted: boolean,
): TrainingRecord {
  const { encoder, dimension } = material.embeddings;
  const { counts, feedbackDigest, mode, raters } = material;
  return {
    format: 'bowerbird-training',
    version: 1,
    head: { file: HEAD_FILE, sha256: createHash('sha256').update(made.file).digest('hex') },
    method: options.method,
    question: options.question,
    mode,
    tag: options.tag,
    seed: options.network.seed,
    encoder: encoder ? { name: encoder.name, digest: encoder.digest } : null,
    dimension,
    feedback_digest: feedbackDigest,
    held_out_by: heldOutBy(material),
    raters,
    rater_bias_removed: options.removeRaterBias,
    label_transform: options.labelTransform ?? null,
    threshold: options.threshold ?? null,
    ...(material.ranges && { range_weights: material.ranges }),
    answers: {
      used: counts.answers,
      samples: counts.samples,
      samples_without_embedding: counts.unmatched,
      samples_with_unusable_embedding: counts.unusable,
      pairs_without_embedding: counts.pairsUnmatched,
      pairs_across_held_out: counts.pairsAcross,
    },
    ...(isInterrupted && { interrupted: true }),
    ...made.facts,
    measures: made.measures,
    curves: made.curves.map((curve) =>
      curve.map(({ step, trainingLoss, validationLoss, chosenLoss }) => [
        ...[step, trainingLoss, validationLoss],
        ...(chosenLoss === undefined ? [] : [chosenLoss]),
      ]),
    ),
    ...(made.curves.some((curve) => curve.some(({ ratios }) => ratios)) && {
      prediction_ratios: made.curves.map((curve) =>
        curve.map(({ step, ratios }) => [step, ratios?.ofScores ?? null, ratios?.ofLikes ?? null]),
      ),
    }),
  };
}
