import type { Label } from '../samples/label.ts';
import type { Tag } from '../samples/tags.ts';
import { safetensors } from '../weights/write-safetensors.ts';
import type { ScoreScale } from './lessons.ts';
import type { TrainedMember } from './member.ts';
import type { Combination } from './options.ts';
import type { Linear } from './ridge.ts';

/** What a head learned from. */
export interface StatedTraining {
  readonly method: string;
  readonly mode: string;
  readonly question: string;
  /** sha256 (hex) of the answers. */
  readonly feedbackDigest: string;
  /** By what of samples some were held out. */
  readonly heldOutBy: readonly string[];
}

/** What a head's file says beside its weights. */
export interface HeadStatement {
  readonly tag: Tag;
  readonly encoder?: { readonly name: string; readonly digest: string } | undefined;
  readonly isProbability?: boolean;
  readonly label?: Label | undefined;
  /** A head that is copied without its record still says what it has seen. */
  readonly training: StatedTraining;
}

/** How members make a score. */
export interface MemberScale extends ScoreScale {
  /** What is added to what each gives; their mean is 0. */
  readonly offsets: readonly number[];
  readonly combine: Combination;
  readonly isOfPairs: boolean;
}

/** A linear head as a safetensors file, its weights in float64. */
export function linearHeadFile({ weights, bias }: Linear, statement: HeadStatement): Uint8Array {
  const tensors = [
    { name: 'weight', shape: [1, weights.length], values: weights },
    { name: 'bias', shape: [1], values: Float64Array.of(bias) },
  ];
  return safetensors(tensors, metadataOf(statement));
}

/**
 * An ensemble as one head of two layers: the members side by side in the first, their mean and the scale in the second. Member m has the rows m x hidden
 * to (m + 1) x hidden - 1 of the first; linear members have one row each.
 */
export function ensembleHeadFile(
  members: readonly Pick<TrainedMember, 'weights'>[],
  dimension: number,
  scale: MemberScale,
  statement: HeadStatement,
): Uint8Array {
  const hidden = members[0]!.weights.bias.length;
  const width = (hidden || 1) * members.length;
  const first = new Float32Array(width * dimension);
  const bias = new Float32Array(width);
  const last = new Float32Array(width);
  for (const [m, { weights }] of members.entries()) {
    first.set(weights.first, m * weights.first.length);
    bias.set(weights.bias, m * hidden);
    const outputs = hidden > 0 ? weights.last : Float32Array.of(1);
    last.set(
      outputs.map((value) => (value * scale.factor) / members.length),
      m * outputs.length,
    );
  }
  const tensors = [
    { name: 'layers.0.weight', shape: [width, dimension], values: first },
    { name: 'layers.0.bias', shape: [width], values: bias },
    { name: 'layers.2.weight', shape: [1, width], values: last },
    { name: 'layers.2.bias', shape: [1], values: Float32Array.of(scale.base) },
  ];
  return safetensors(tensors, {
    ...metadataOf(statement),
    ...ensembleMetadata(scale),
    ...(scale.isOfPairs && { logits_per_point: String(1 / scale.factor) }),
    hidden_activation: hidden > 0 ? 'silu' : 'none',
  });
}

/** One member is no ensemble. */
function ensembleMetadata({ offsets, factor, combine }: MemberScale): Record<string, string> {
  if (offsets.length < 2) return {};
  return {
    ensemble_members: String(offsets.length),
    ensemble_combine: combine,
    ...(offsets.some((offset) => offset !== 0) && {
      ensemble_offsets: offsets.map((offset) => offset * factor).join(','),
    }),
  };
}

function metadataOf({ tag, encoder, isProbability, label, training }: HeadStatement): Record<string, string> {
  return {
    format: 'bowerbird-head',
    version: '1',
    tag,
    unit_norm: 'true',
    activation: isProbability ? 'sigmoid' : 'none',
    ...(encoder && { encoder_name: encoder.name, encoder_digest: encoder.digest }),
    ...(label && { label_transform: label.transform, label_unit: label.unit }),
    training_method: training.method,
    training_mode: training.mode,
    training_question: training.question,
    training_feedback_digest: training.feedbackDigest,
    training_held_out_by: training.heldOutBy.join(','),
  };
}
