import { isObject } from '../base/json-object.ts';
import { quote } from '../base/quote.ts';
import { isLabel, LABEL_RULE, type Label } from '../samples/label.ts';
import { isTag, type Tag } from '../samples/tags.ts';
import { ENSEMBLE_RULE, type Ensemble, isEnsemble } from './ensemble.ts';
import type { HeadTraining, TrainedOn } from './head.ts';
import type { Activation, OutputActivation } from './layers.ts';

/**
 * What weights alone do not say. A JSON head says it itself, a safetensors head may say it in its
 * `__metadata__`, and for any foreign file a manifest beside it, `<head file>.json`, says it.
 */
export interface HeadClaims {
  readonly tag?: Tag;
  readonly encoder?: TrainedOn;
  readonly unitNorm?: boolean;
  readonly outputActivation?: OutputActivation;
  /** The same between all layers, or one for each gap between two; never after the last layer. */
  readonly hiddenActivation?: Activation | readonly Activation[];
  /** Of a regressor: what its scores stand for. */
  readonly label?: Label;
  /** Of a head that is several networks side by side. */
  readonly ensemble?: Ensemble;
  /** Of a head that learned from pairs: the logits of the chance that one wins, for each point between both scores. */
  readonly logitsPerPoint?: number;
  /** Of a head that `bowerbird train` made. */
  readonly training?: HeadTraining;
}

const OUTPUT_ACTIVATIONS: readonly unknown[] = ['none', 'sigmoid'] satisfies OutputActivation[];
const ACTIVATIONS: readonly unknown[] = ['none', 'relu', 'silu'] satisfies Activation[];

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const FIELDS: Readonly<Record<string, [test: (value: unknown) => boolean, what: string]>> = {
  $schema: [isText, 'a text'],
  tag: [isTag, 'aesthetic, punsafe or pwatermark'],
  encoder: [isEncoder, 'an object with a name, a digest (64 hexadecimal digits) or both'],
  unit_norm: [(value) => typeof value === 'boolean', 'true or false'],
  activation: [(value) => OUTPUT_ACTIVATIONS.includes(value), 'none or sigmoid'],
  hidden_activation: [
    isHiddenActivation,
    'none, relu, silu, or a list of these with one for each gap between two layers',
  ],
  label: [isLabel, LABEL_RULE],
  ensemble: [isEnsemble, ENSEMBLE_RULE],
  logits_per_point: [
    (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
    'a number above 0',
  ],
  training: [
    (value) => trainingIn(value) !== undefined,
    'an object with the texts method, mode, question, feedback_digest (64 hexadecimal digits) and the list held_out_by (hash, key)',
  ],
};

/**
 * Checks the fields of a manifest, or those that a JSON head has in common with one.
 *
 * @throws RangeError naming the first field that is wrong or unknown
 */
export function readClaims(raw: unknown): HeadClaims {
  if (!isObject(raw)) throw new RangeError('it is no JSON object');
  for (const [field, value] of Object.entries(raw)) {
    const rule = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    if (!rule) throw new RangeError(`it has the unknown field ${quote(field)}`);
    if (!rule[0](value)) throw new RangeError(`its field ${field} is not ${rule[1]}`);
  }
  const claims = {
    tag: raw['tag'],
    encoder: raw['encoder'],
    unitNorm: raw['unit_norm'],
    outputActivation: raw['activation'],
    hiddenActivation: raw['hidden_activation'],
    label: raw['label'],
    ensemble: raw['ensemble'],
    logitsPerPoint: raw['logits_per_point'],
    training: trainingIn(raw['training']),
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)) as HeadClaims;
}

/**
 * The claims in the `__metadata__` of a safetensors file, which holds texts alone (lists are parted by
 * commas); undefined where the file is not of our format.
 *
 * @throws RangeError as `readClaims`
 */
export function readMetadataClaims(metadata: Readonly<Record<string, string>>): HeadClaims | undefined {
  const {
    format,
    version,
    encoder_name: name,
    encoder_digest: digest,
    unit_norm: unitNorm,
    hidden_activation: hidden,
    label_transform: transform,
    label_unit: unit,
    ensemble_members: members,
    ensemble_combine: combine,
    ensemble_offsets: offsets,
    logits_per_point: logitsPerPoint,
    training_method: method,
    training_mode: mode,
    training_question: question,
    training_feedback_digest: feedbackDigest,
    training_held_out_by: heldOutBy,
    ...rest
  } = metadata;
  if (format !== 'bowerbird-head') return undefined;
  if (version !== '1')
    throw new RangeError(`its version is ${quote(String(version))}, and version 1 is read`);
  return readClaims({
    ...rest,
    ...((name ?? digest) === undefined
      ? {}
      : { encoder: { ...(name !== undefined && { name }), ...(digest !== undefined && { digest }) } }),
    ...((transform ?? unit) !== undefined && { label: { transform, unit } }),
    ...((members ?? combine ?? offsets) !== undefined && {
      ensemble: {
        members: Number(members),
        combine,
        ...(offsets !== undefined && { offsets: offsets.split(',').map(Number) }),
      },
    }),
    ...(logitsPerPoint !== undefined && { logits_per_point: Number(logitsPerPoint) }),
    ...((method ?? feedbackDigest ?? heldOutBy) !== undefined && {
      training: {
        ...{ method, mode, question, feedback_digest: feedbackDigest },
        held_out_by: heldOutBy?.split(','),
      },
    }),
    ...(hidden !== undefined && { hidden_activation: hidden.includes(',') ? hidden.split(',') : hidden }),
    ...(unitNorm !== undefined && {
      unit_norm: unitNorm === 'true' ? true : unitNorm === 'false' ? false : unitNorm,
    }),
  });
}

function isHiddenActivation(value: unknown): boolean {
  return Array.isArray(value)
    ? value.every((item) => ACTIVATIONS.includes(item))
    : ACTIVATIONS.includes(value);
}

const SIDE_NAMES: readonly unknown[] = ['hash', 'key'];

function trainingIn(value: unknown): HeadTraining | undefined {
  if (!isObject(value)) return undefined;
  const { method, mode, question, feedback_digest: feedbackDigest, held_out_by: heldOutBy, ...rest } = value;
  const isWhole =
    Object.keys(rest).length === 0 &&
    [method, mode, question].every(isText) &&
    isDigest(feedbackDigest) &&
    Array.isArray(heldOutBy) &&
    heldOutBy.every((name) => SIDE_NAMES.includes(name));
  return isWhole ? ({ method, mode, question, feedbackDigest, heldOutBy } as HeadTraining) : undefined;
}

function isDigest(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isEncoder(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { name, digest, ...rest } = value;
  return (
    Object.keys(rest).length === 0 &&
    (name !== undefined || digest !== undefined) &&
    (name === undefined || isText(name)) &&
    (digest === undefined || isDigest(digest))
  );
}
