import { isObject } from '../base/json-object.ts';
import { type HeadClaims, readClaims } from './claims.ts';
import type { Layer } from './layers.ts';
import { LIMITS } from './limits.ts';

/** A head in our own JSON format: schemas/head.schema.json. */
export interface JsonHead {
  readonly layers: readonly Layer[];
  readonly claims: HeadClaims;
}

const OPENING_BRACKETS: readonly number[] = [0x5b, 0x7b];

/**
 * Reads `{ "format": "bowerbird-head", "version": 1, "tag", "encoder", "unit_norm", "activation", "layers": [...] }`.
 *
 * @throws RangeError or SyntaxError saying what is wrong
 */
export function readJsonHead(file: Buffer): JsonHead {
  refuseHuge(file);
  const raw: unknown = JSON.parse(file.toString('utf8'));
  if (!isObject(raw)) throw new RangeError('it is no JSON object');
  const { format, version, layers, ...rest } = raw;
  if (format !== 'bowerbird-head' || version !== 1) {
    throw new RangeError('it does not say "format": "bowerbird-head", "version": 1');
  }
  if ('hidden_activation' in rest)
    throw new RangeError('its activations between layers belong to the layers');
  if (!Array.isArray(layers)) throw new RangeError('its layers are no list');
  return { layers: layers.map(readLayer), claims: readClaims(rest) };
}

function refuseHuge(file: Buffer): void {
  if (file.length > LIMITS.jsonBytes) {
    throw new RangeError(`it has ${file.length} bytes; save a head of this size as safetensors`);
  }
  const brackets = file.reduce((count, byte) => (OPENING_BRACKETS.includes(byte) ? count + 1 : count), 0);
  if (brackets > LIMITS.jsonBrackets) throw new RangeError(`it has ${brackets} lists and objects`);
}

function readLayer(layer: unknown, index: number): Layer {
  const { weights, bias, activation = 'none', ...rest } = isObject(layer) ? layer : {};
  if (!isRows(weights) || !isNumbers(bias) || Object.keys(rest).length > 0) {
    throw new RangeError(
      `its layer ${index} is not { weights: rows of numbers, bias: numbers, activation? }`,
    );
  }
  if (activation !== 'none' && activation !== 'relu' && activation !== 'silu') {
    throw new RangeError(`the activation of its layer ${index} is none of none, relu, silu`);
  }
  const inputs = weights[0]?.length ?? 0;
  if (weights.some((row) => row.length !== inputs)) {
    throw new RangeError(`the rows of weights of its layer ${index} differ in length`);
  }
  return {
    inputs,
    outputs: weights.length,
    weights: Float64Array.from(weights.flat()),
    bias: Float64Array.from(bias),
    activation,
  };
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function isRows(value: unknown): value is number[][] {
  return Array.isArray(value) && value.every(isNumbers);
}
