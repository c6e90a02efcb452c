import { readFile } from 'node:fs/promises';
import { BowerbirdError, messageOf } from '../base/errors.ts';

/** How an image becomes what a model takes. */
export interface ImageTransform {
  /** Side of the square crop, in pixels. */
  readonly sizePx: number;
  /** `short-side`: the short side to `sizePx`, and the centre of the long one is cropped. */
  readonly resize: 'short-side';
  /** The filter of the resize, antialiased as Pillow's. */
  readonly interpolation: 'bicubic';
  /** Per channel RGB, of pixels scaled to 0..1. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** How images are to be prepared for a model, and what it gives. schemas/encoder-manifest.schema.json. */
export interface EncoderManifest {
  readonly name: string;
  readonly description: string;
  readonly transform: ImageTransform;
  /** Length of an embedding. */
  readonly dimension: number;
  /** Which input takes the image, where the model has several. */
  readonly input?: string;
  /** Which output is the embedding, where the model has several. */
  readonly output?: string;
  /** Digest of the model's bytes, followed by those of its external weight files. */
  readonly sha256?: string;
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

/** What the names of transforms in manifests mean. */
const TRANSFORMS = { clip: { resize: 'short-side', interpolation: 'bicubic' } } as const;

type Raw = Readonly<Record<string, unknown>>;

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
  transform: [(value) => value === 'clip', '"clip"'],
};

const OPTIONAL: typeof REQUIRED = {
  input: [isText, 'a text'],
  output: [isText, 'a text'],
  sha256: [(value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value), '64 hexadecimal digits'],
  $schema: [isText, 'a text'],
};

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
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw manifestError(path, 'it is no JSON object');
  const problems = problemsOf(raw as Raw);
  if (problems.length > 0) throw manifestError(path, problems.join('; '));
  return toManifest(raw as Raw);
}

/** A refusal of a manifest, with an example of a good one. */
export function manifestError(path: string, problem: string): BowerbirdError {
  return new BowerbirdError(
    'BB_MODEL_MANIFEST',
    `The encoder manifest ${path} cannot be used: ${problem}. An example (docs/encoders.md has more):\n${EXAMPLE}`,
    { fields: { manifest: path } },
  );
}

function problemsOf(raw: Raw): string[] {
  const missing = Object.keys(REQUIRED).filter((field) => !(field in raw));
  const unknown = Object.keys(raw).filter((field) => !(field in REQUIRED) && !(field in OPTIONAL));
  const wrong = Object.entries({ ...REQUIRED, ...OPTIONAL })
    .filter(([field, [test]]) => field in raw && !test(raw[field]))
    .map(([field, [, what]]) => `"${field}" is not ${what}`);
  return [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`unknown: ${unknown.join(', ')}`] : []),
    ...wrong,
  ];
}

function toManifest(raw: Raw): EncoderManifest {
  const optional = Object.fromEntries(
    ['input', 'output', 'sha256'].filter((field) => field in raw).map((field) => [field, raw[field]]),
  );
  return {
    name: raw['name'] as string,
    description: raw['description'] as string,
    transform: {
      sizePx: raw['input_size'] as number,
      ...TRANSFORMS[raw['transform'] as keyof typeof TRANSFORMS],
      mean: raw['mean'] as [number, number, number],
      std: raw['std'] as [number, number, number],
    },
    dimension: raw['dimension'] as number,
    ...optional,
  };
}
