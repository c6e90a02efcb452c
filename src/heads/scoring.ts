import type { LinearScore } from '../scores/summary.ts';
import { type CategoricalColumns, encodeCategories } from './categories.ts';
import type { Layer, OutputActivation } from './layers.ts';

/** Scores `count` embeddings (count x dimension, row by row); a row's score does not depend on the others. */
export type Scorer = (embeddings: Float32Array, count: number) => Float64Array;

/** weights . embedding + bias, summed in float64. */
export function linearScorer({ weights, bias }: LinearScore): Scorer {
  const dimension = weights.length;
  return (embeddings, count) => {
    checkSize(embeddings, count, dimension);
    const scores = new Float64Array(count);
    for (let row = 0; row < count; row++) {
      scores[row] = dotProduct(weights, embeddings, row * dimension) + bias;
    }
    return scores;
  };
}

/** Four sums, so that additions need not wait for each other; always the same four, so that bits repeat. */
function dotProduct(weights: Float64Array, values: Float32Array, offset: number): number {
  const { length } = weights;
  const whole = length - (length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < whole; i += 4) {
    a += weights[i]! * values[offset + i]!;
    b += weights[i + 1]! * values[offset + i + 1]!;
    c += weights[i + 2]! * values[offset + i + 2]!;
    d += weights[i + 3]! * values[offset + i + 3]!;
  }
  for (let i = whole; i < length; i++) a += weights[i]! * values[offset + i]!;
  return a + b + (c + d);
}

/** Rows that go through a layer together, so that its weights are fetched once for all of them. */
export const ROWS_AT_ONCE = 4;

/** A network that is not one linear layer. */
export interface NetworkParts {
  readonly layers: readonly Layer[];
  readonly output: OutputActivation;
  /** Where it has some, the embeddings are rounded to float16 first. */
  readonly columns: CategoricalColumns | undefined;
}

/** The layers as they are, with values and sums in float64, then the output's activation. */
export function networkScorer({ layers, output, columns }: NetworkParts): Scorer {
  const dimension = layers[0]!.inputs;
  return (embeddings, count) => {
    checkSize(embeddings, count, dimension);
    const scores = new Float64Array(count);
    const block = new Float64Array(ROWS_AT_ONCE * dimension);
    for (let row = 0; row < count; row += ROWS_AT_ONCE) {
      const rows = Math.min(ROWS_AT_ONCE, count - row);
      // A last block that is not full keeps older rows in its rest; their results are not read.
      const taken = embeddings.subarray(row * dimension, (row + rows) * dimension);
      block.set(columns ? encodeCategories(columns, taken, dimension) : taken);
      const results = layers.reduce<Float64Array>((values, layer) => applyLayer(layer, values), block);
      scores.set(results.subarray(0, rows), row);
    }
    return output === 'sigmoid' ? scores.map(sigmoid) : scores;
  };
}

/**
 * What layers give for `rows` embeddings from `first` on, at most ROWS_AT_ONCE: row by row, what lies behind those rows means nothing.
 *
 * @param layers at least one
 */
export function hiddenValues(
  layers: readonly Layer[],
): (embeddings: Float32Array, first: number, rows: number) => Float64Array {
  const dimension = layers[0]!.inputs;
  const block = new Float64Array(ROWS_AT_ONCE * dimension);
  return (embeddings, first, rows) => {
    block.set(embeddings.subarray(first * dimension, (first + rows) * dimension));
    return layers.reduce<Float64Array>((values, layer) => applyLayer(layer, values), block);
  };
}

/** Takes and gives ROWS_AT_ONCE rows. */
function applyLayer(
  { inputs, outputs, weights, bias, activation }: Layer,
  values: Float64Array,
): Float64Array {
  const results = new Float64Array(ROWS_AT_ONCE * outputs);
  for (let o = 0; o < outputs; o++) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = 0, w = o * inputs; i < inputs; i++, w++) {
      const weight = weights[w]!;
      a += weight * values[i]!;
      b += weight * values[inputs + i]!;
      c += weight * values[2 * inputs + i]!;
      d += weight * values[3 * inputs + i]!;
    }
    for (const [row, sum] of [a, b, c, d].entries()) results[row * outputs + o] = sum + bias[o]!;
  }
  if (activation === 'none') return results;
  return results.map(activation === 'relu' ? relu : silu);
}

function relu(value: number): number {
  return Math.max(value, 0);
}

/** x sigmoid(x) */
function silu(value: number): number {
  return value * sigmoid(value);
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** @throws RangeError where the values are not so many embeddings */
export function checkSize(embeddings: Float32Array, count: number, dimension: number): void {
  if (embeddings.length !== count * dimension) {
    throw new RangeError(
      `${embeddings.length} values are not ${count} embeddings of ${dimension} dimensions`,
    );
  }
}
