import type { LinearScore } from '../scores/summary.ts';
import type { CategoricalColumns } from './categories.ts';
import { checkSize, ForwardPass } from './forward-pass.ts';
import type { Layer, OutputActivation } from './layers.ts';

/** Scores, and of an ensemble for each the standard deviation of the members' scores (of a sample: n - 1). */
export interface HeadScores {
  readonly scores: Float64Array;
  readonly spreads?: Float64Array;
}

/** Two ways to the same scores: embeddings are count x dimension, row by row; a row's score does not depend on the others. */
export interface Scorer<Scores extends HeadScores = HeadScores> {
  score(embeddings: Float32Array, count: number): Scores;
  /** The same bits; where there are many rows, several times as fast. */
  scoreMany(embeddings: Float32Array, count: number): Promise<Scores>;
}

/** weights . embedding + bias, summed in float64. */
export function linearScorer({ weights, bias }: LinearScore): Scorer {
  const dimension = weights.length;
  const score: Scorer['score'] = (embeddings, count) => {
    checkSize(embeddings, count, dimension);
    const scores = new Float64Array(count);
    for (let row = 0; row < count; row++) {
      scores[row] = dotProduct(weights, embeddings, row * dimension) + bias;
    }
    return { scores };
  };
  return { score, scoreMany: async (embeddings, count) => score(embeddings, count) };
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

/** A network that is not one linear layer. */
export interface NetworkParts {
  readonly layers: readonly Layer[];
  readonly output: OutputActivation;
  /** Where it has some, the embeddings are rounded to float16 first. */
  readonly columns: CategoricalColumns | undefined;
}

/** The layers as they are (layer-stack.ts), then the output's activation. */
export function networkScorer({ layers, output, columns }: NetworkParts): Scorer {
  const pass = new ForwardPass(layers, { columns });
  const finish = output === 'sigmoid' ? sigmoid : (value: number): number => value;
  const scoresFor = (count: number) => {
    const scores = new Float64Array(count);
    const take = (values: Float64Array, first: number): void => {
      for (let row = 0; row < values.length; row++) scores[first + row] = finish(values[row]!);
    };
    return { scores, take };
  };
  return {
    score: (embeddings, count) => {
      const { scores, take } = scoresFor(count);
      pass.run(embeddings, count, take);
      return { scores };
    },
    scoreMany: async (embeddings, count) => {
      const { scores, take } = scoresFor(count);
      await pass.runMany(embeddings, count, take);
      return { scores };
    },
  };
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
