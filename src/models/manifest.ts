import { readFile } from 'node:fs/promises';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import { isObject, type JsonObject } from '../base/json-object.ts';
import { isTag, type Tag } from '../samples/tags.ts';

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
}

/** `softmax`: over all values of a row; `sigmoid`: of the value alone; `none`: the value as it is. */
export type ScoreActivation = 'softmax' | 'sigmoid' | 'none';

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

/** What the names of transforms in manifests mean. */
const TRANSFORMS = {
  clip: { resize: 'short-side' },
  'short-side': { resize: 'short-side' },
  squash: { resize: 'squash' },
} as const;

const KINDS: readonly unknown[] = ['encoder', 'classifier'];
const INTERPOLATIONS: readonly unknown[] = ['bicubic', 'bilinear'];

const ACTIVATIONS: readonly unknown[] = ['softmax', 'sigmoid', 'none'] satisfies ScoreActivation[];

const isText = (value: unknown): boolean => typeof value === 'string' && value.length > 0;
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const isTriple = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 3 && value.every((part) => Number.isFinite(part));

const REQUIRED: Readonly<Record<string, [test: (value: unknown) => boolean, what: string]>> = {
  name: [isText, 'a text'],
  description: [isText, 'a text'],
  input_size: [isCount, 'a whole number of pixels'],
  mean: [isTriple, 'three numbers'],
  std: [
    (value) => isTriple(value) && (value as number[]).every((part) => part > 0),
    'three numbers above zero',
  ],
  dimension: [isCount, 'a whole number'],
  transform: [
    (value) => typeof value === 'string' && Object.hasOwn(TRANSFORMS, value),
    Object.keys(TRANSFORMS)
      .map((name) => `"${name}"`)
      .join(', '),
  ],
};

const OPTIONAL: typeof REQUIRED = {
  kind: [(value) => KINDS.includes(value), '"encoder" or "classifier"'],
  resize_size: [isCount, 'a whole number of pixels'],
  interpolation: [(value) => INTERPOLATIONS.includes(value), '"bicubic" or "bilinear"'],
  tag: [isTag, 'aesthetic, punsafe or pwatermark'],
  class: [(value) => Number.isInteger(value) && (value as number) >= 0, 'a whole number from 0 on'],
  activation: [(value) => ACTIVATIONS.includes(value), '"softmax", "sigmoid" or "none"'],
  input: [isText, 'a text'],
  output: [isText, 'a text'],
  sha256: [(value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value), '64 hexadecimal digits'],
  converted_from: [isConversion, 'an object with sha256, precision, operators and perhaps activation'],
  $schema: [isText, 'a text'],
};

function isConversion(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { sha256, precision, operators, activation = 'none', ...rest } = value as JsonObject;
  return Object.keys(rest).length === 0 && [sha256, precision, operators, activation].every(isText);
}

/**
 * Reads and checks a manifest.
 *
 * @throws BowerbirdError BB_MODEL_MANIFEST, saying which fields are missing or wrong
 */
export async function readManifest(path: string): Promise<EncoderManifest> {
  let raw: unknown;
  try {
    raw = JSON.parse(await readFile(path, 'utf8'));
  } catch (thrown) {
    throw manifestError(path, `it cannot be read: ${messageOf(thrown)}`);
  }
  if (!isObject(raw)) throw manifestError(path, 'it is no JSON object');
  const problems = problemsOf(raw);
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

function problemsOf(raw: JsonObject): string[] {
  const missing = Object.keys(REQUIRED).filter((field) => !(field in raw));
  const unknown = Object.keys(raw).filter((field) => !(field in REQUIRED) && !(field in OPTIONAL));
  const wrong = Object.entries({ ...REQUIRED, ...OPTIONAL })
    .filter(([field, [test]]) => field in raw && !test(raw[field]))
    .map(([field, [, what]]) => `"${field}" is not ${what}`);
  return [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`unknown: ${unknown.join(', ')}`] : []),
    ...wrong,
    ...(wrong.length === 0 ? [...sizeProblems(raw), ...scoreProblems(raw)] : []),
  ];
}

function sizeProblems({ transform, resize_size: resize, input_size: size }: JsonObject): string[] {
  if (transform !== 'short-side')
    return resize === undefined ? [] : [`"resize_size" belongs to "short-side", not to "${transform}"`];
  if (resize === undefined) return ['missing: resize_size, which "short-side" needs'];
  return (resize as number) < (size as number) ? ['"resize_size" is smaller than "input_size"'] : [];
}

/** The three fields of a score belong together, and to a classifier. */
function scoreProblems(raw: JsonObject): string[] {
  const fields = ['tag', 'class', 'activation'];
  const stated = fields.filter((field) => field in raw);
  if (stated.length === 0) return [];
  if (raw['kind'] !== 'classifier') return [`"${stated[0]}" belongs to a "classifier"`];
  if (stated.length < fields.length)
    return [`missing beside "${stated[0]}": ${fields.filter((field) => !stated.includes(field)).join(', ')}`];
  return (raw['class'] as number) < (raw['dimension'] as number)
    ? []
    : ['"class" is not one of the "dimension" values of a row, which are counted from 0'];
}

function toManifest(raw: JsonObject): EncoderManifest {
  const optional = Object.fromEntries(
    ['kind', 'input', 'output', 'sha256'].filter((field) => field in raw).map((field) => [field, raw[field]]),
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
