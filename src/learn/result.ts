import type { HeadStatement } from './head-writing.ts';
import type { Material } from './material.ts';
import type { Measures } from './measures.ts';
import type { Evaluation } from './member.ts';
import { NO_TRANSFORM, type TrainOptions } from './options.ts';
import { sideNameKind } from './split.ts';

/** A held-out sample or pair: what was said, and what the head gives. */
export interface Lesson {
  /** Rows of the embeddings. */
  readonly rows: readonly number[];
  /** In the unit of the target; of pairs and keeps in logits. */
  readonly predicted: number;
  readonly target: number;
}

/** A head and what is known of it. */
export interface MadeHead {
  /** A safetensors file. */
  readonly file: Uint8Array;
  /** What is held out. */
  readonly lessons: readonly Lesson[];
  /** How it was made, in the words of its record. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly measures: Readonly<Record<string, Measures>>;
  /** Of each member. */
  readonly curves: readonly (readonly Evaluation[])[];
}

/** What a head's file says of where it comes from and what it is for. */
export function headStatement(options: TrainOptions, material: Material): HeadStatement {
  const { tag, labelTransform, method, question } = options;
  const { embeddings, mode, feedbackDigest } = material;
  return {
    tag,
    ...(embeddings.encoder && { encoder: embeddings.encoder }),
    ...(labelTransform &&
      labelTransform !== NO_TRANSFORM && { label: { transform: labelTransform, unit: 'likes' } }),
    training: { method, mode, question, feedbackDigest, heldOutBy: heldOutBy(material) },
  };
}

/** By what its samples were told from others when some were held out. */
export function heldOutBy({ embeddings }: Pick<Material, 'embeddings'>): readonly string[] {
  return [...new Set(embeddings.ids.map(sideNameKind))].sort();
}
