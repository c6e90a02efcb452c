import { isObject, type JsonObject } from '../base/json-object.ts';
import { isLabel, LABEL_RULE } from '../samples/label.ts';
import { isTag } from '../samples/tags.ts';
import { goldenProblem } from './golden.ts';

/** What the names of transforms in manifests mean. */
export const TRANSFORMS = {
  clip: { resize: 'short-side' },
  'short-side': { resize: 'short-side' },
  squash: { resize: 'squash' },
} as const;

const KINDS: readonly unknown[] = ['encoder', 'classifier'];
const INTERPOLATIONS: readonly unknown[] = ['bicubic', 'bilinear'];

/** `softmax`: over all values of a row; `sigmoid`: of the value alone; `none`: the value as it is. */
export const SCORE_ACTIVATIONS = ['softmax', 'sigmoid', 'none'] as const;
export type ScoreActivation = (typeof SCORE_ACTIVATIONS)[number];

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
  activation: [
    (value) => SCORE_ACTIVATIONS.includes(value as ScoreActivation),
    '"softmax", "sigmoid" or "none"',
  ],
  label: [isLabel, LABEL_RULE],
  input: [isText, 'a text'],
  output: [isText, 'a text'],
  sha256: [(value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value), '64 hexadecimal digits'],
  converted_from: [isConversion, 'an object with sha256, precision, operators and perhaps activation'],
  golden: [isObject, 'an object with pictures, rows and source'],
  $schema: [isText, 'a text'],
};

function isConversion(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { sha256, precision, operators, activation = 'none', ...rest } = value as JsonObject;
  return Object.keys(rest).length === 0 && [sha256, precision, operators, activation].every(isText);
}

/** What is wrong with a manifest, a phrase each. */
export function problemsOfManifest(raw: JsonObject): string[] {
  const missing = Object.keys(REQUIRED).filter((field) => !(field in raw));
  const unknown = Object.keys(raw).filter((field) => !(field in REQUIRED) && !(field in OPTIONAL));
  const wrong = Object.entries({ ...REQUIRED, ...OPTIONAL })
    .filter(([field, [test]]) => field in raw && !test(raw[field]))
    .map(([field, [, what]]) => `"${field}" is not ${what}`);
  return [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`unknown: ${unknown.join(', ')}`] : []),
    ...wrong,
    ...(wrong.length === 0 ? [...sizeProblems(raw), ...scoreProblems(raw), ...goldenProblems(raw)] : []),
  ];
}

/** What is wrong with the sizes of a transform, as manifests and registries state them: phrases, or none. */
export function sizeProblems({ transform, resize_size: resize, input_size: size }: JsonObject): string[] {
  if (transform !== 'short-side')
    return resize === undefined ? [] : [`"resize_size" belongs to "short-side", not to "${transform}"`];
  if (resize === undefined) return ['missing: resize_size, which "short-side" needs'];
  return (resize as number) < (size as number) ? ['"resize_size" is smaller than "input_size"'] : [];
}

function goldenProblems({ golden, dimension }: JsonObject): string[] {
  const problem = golden === undefined ? undefined : goldenProblem(golden, dimension as number);
  return problem === undefined ? [] : [`of "golden", ${problem}`];
}

/** The fields of a score belong together, and to a classifier; a label is one of scores that are no probabilities. */
function scoreProblems(raw: JsonObject): string[] {
  const fields = ['tag', 'class', 'activation'];
  const stated = fields.filter((field) => field in raw);
  if (stated.length === 0) return 'label' in raw ? ['"label" belongs to a "tag"'] : [];
  if (raw['kind'] !== 'classifier') return [`"${stated[0]}" belongs to a "classifier"`];
  if (stated.length < fields.length)
    return [`missing beside "${stated[0]}": ${fields.filter((field) => !stated.includes(field)).join(', ')}`];
  if ('label' in raw && (raw['tag'] !== 'aesthetic' || raw['activation'] !== 'none'))
    return ['"label" belongs to the tag "aesthetic" with the activation "none"'];
  return (raw['class'] as number) < (raw['dimension'] as number)
    ? []
    : ['"class" is not one of the "dimension" values of a row, which are counted from 0'];
}
