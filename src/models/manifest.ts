import { BowerbirdError, messageOf } from '../base/errors.ts';
import { isObject, type JsonObject } from '../base/json-object.ts';
import { readPlainText } from '../base/plain-file.ts';
import type { Label } from '../samples/label.ts';
import type { Tag } from '../samples/tags.ts';
import type { GoldenRows } from './golden.ts';
import { problemsOfManifest, type ScoreActivation, TRANSFORMS } from './manifest-fields.ts';

export { SCORE_ACTIVATIONS, type ScoreActivation } from './manifest-fields.ts';

/** How an image becomes what a model takes. */
export interface ImageTransform {
  /** Side of the square crop, in pixels. */
  readonly sizePx: number;
  /** `short-side`: the short side to `shortSidePx`, and the centre is cropped; `squash`: both sides to `sizePx`. */
  readonly resize: 'short-side' | 'squash';
  /** Of `short-side`: the short side before the crop; `sizePx` where it is left out. */
  readonly shortSidePx?: number;
  /** The filter of the resize, antialiased as Pillow's. */
  readonly interpolation: 'bicubic' | 'bilinear';
  /** Per channel RGB, of pixels scaled to 0..1. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** How images are to be prepared for a model, and what it gives. schemas/encoder-manifest.schema.json. */
export interface EncoderManifest {
  readonly name: string;
  readonly description: string;
  /** What a row of the model is; an embedding where nothing is said. */
  readonly kind?: 'encoder' | 'classifier';
  readonly transform: ImageTransform;
  /** Length of an embedding. */
  readonly dimension: number;
  /** Which input takes the image, where the model has several. */
  readonly input?: string;
  /** Which output is the embedding, where the model has several. */
  readonly output?: string;
  /** Of a classifier: which of its values is a score, of which tag, and what makes a score of it. */
  readonly score?: ScoreStatement;
  /** Digest of the model's bytes, followed by those of its external weight files. */
  readonly sha256?: string;
  /** How it was made, where `models convert` made it. */
  readonly convertedFrom?: Conversion;
  /** What it is to give for the golden pictures (docs/models.md). */
  readonly golden?: GoldenRows;
}

/** What a model was converted from, and into what. */
export interface Conversion {
  /** sha256 in hex of the file of weights; of several, one after the other by name. */
  readonly sha256: string;
  readonly activation?: string;
  readonly precision: string;
  readonly operators: string;
}

/** How a row of a classifier becomes the score of an image. */
export interface ScoreStatement {
  readonly tag: Tag;
  /** The place of the value in a row, from 0. */
  readonly class: number;
  readonly activation: ScoreActivation;
  /** Of a regressor: what its score stands for. */
  readonly label?: Label;
}

const EXAMPLE = `{
  "name": "openai/clip-vit-large-patch14",
  "description": "CLIP ViT-L/14 of OpenAI, vision part with projection",
  "input_size": 224,
  "mean": [0.48145466, 0.4578275, 0.40821073],
  "std": [0.26862954, 0.26130258, 0.27577711],
  "dimension": 768,
  "transform": "clip",
  "output": "image_embeds"
}`;

/**
 * Reads and checks a manifest.
 *
 * @throws BowerbirdError BB_MODEL_MANIFEST, saying which fields are missing or wrong
 */
export async function readManifest(path: string): Promise<EncoderManifest> {
  let raw: unknown;
  try {
    raw = JSON.parse(await readPlainText(path));
  } catch (thrown) {
    throw manifestError(path, `it cannot be read: ${messageOf(thrown)}`);
  }
  if (!isObject(raw)) throw manifestError(path, 'it is no JSON object');
  const problems = problemsOfManifest(raw);
  if (problems.length > 0) throw manifestError(path, problems.join('; '));
  return toManifest(raw);
}

/** A refusal of a manifest, with an example of a good one. */
export function manifestError(path: string, problem: string): BowerbirdError {
  return new BowerbirdError(
    'BB_MODEL_MANIFEST',
    `The encoder manifest ${path} cannot be used: ${problem}. An example (docs/encoders.md has more):\n${EXAMPLE}`,
    { fields: { manifest: path } },
  );
}

function toManifest(raw: JsonObject): EncoderManifest {
  const optional = Object.fromEntries(
    ['kind', 'input', 'output', 'sha256', 'golden']
      .filter((field) => field in raw)
      .map((field) => [field, raw[field]]),
  );
  const conversion = raw['converted_from'];
  return {
    name: raw['name'] as string,
    description: raw['description'] as string,
    transform: {
      sizePx: raw['input_size'] as number,
      ...TRANSFORMS[raw['transform'] as keyof typeof TRANSFORMS],
      ...('resize_size' in raw ? { shortSidePx: raw['resize_size'] as number } : {}),
      interpolation: (raw['interpolation'] ?? 'bicubic') as ImageTransform['interpolation'],
      mean: raw['mean'] as [number, number, number],
      std: raw['std'] as [number, number, number],
    },
    dimension: raw['dimension'] as number,
    ...optional,
    ...(conversion ? { convertedFrom: conversion as Conversion } : {}),
    ...('tag' in raw && {
      score: {
        tag: raw['tag'] as Tag,
        class: raw['class'] as number,
        activation: raw['activation'] as ScoreActivation,
        ...('label' in raw && { label: raw['label'] as Label }),
      },
    }),
  };
}

/** A manifest as a file holds it. */
export function manifestText(manifest: EncoderManifest): string {
  const { name, description, kind, transform, score, convertedFrom, ...rest } = manifest;
  const { sizePx, resize, shortSidePx, interpolation, mean, std } = transform;
  const word = resize === 'squash' ? 'squash' : shortSidePx === undefined ? 'clip' : 'short-side';
  const raw = {
    name,
    description,
    kind,
    input_size: sizePx,
    transform: word,
    resize_size: shortSidePx,
    interpolation,
    mean,
    std,
    ...rest,
    ...score,
    converted_from: convertedFrom,
  };
  return `${JSON.stringify(raw, null, 2)}\n`;
}
