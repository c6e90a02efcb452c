import type { OperationGraph } from './operations.ts';

/** Adam (Kingma and Ba 2015) with its usual decays. */
export const ADAM = { firstDecay: 0.9, secondDecay: 0.999, epsilon: 1e-8 } as const;

/**
 * Names of the two numbers that each step is given. The graph keeps decayed sums, S = sum d1^k g and Q = sum d2^k g^2, in the place of Adam's means
 * m = (1 - d1) S and v = (1 - d2) Q, which saves two passes over the weights. From m / (1 - d1^t) / (sqrt(v / (1 - d2^t)) + epsilon):
 * a step is `rate` S / (sqrt(Q) + `floor`).
 */
export const RATE_INPUTS = ['adam.rate', 'adam.floor'] as const;

/** Both numbers of a step, which are counted from 1. */
export function adamRates(learningRate: number, step: number): readonly [rate: number, floor: number] {
  const { firstDecay, secondDecay, epsilon } = ADAM;
  const spread = Math.sqrt((1 - secondDecay ** step) / (1 - secondDecay));
  const mean = (1 - firstDecay) / (1 - firstDecay ** step);
  return [learningRate * mean * spread, epsilon * spread];
}

/** A part of the weights on its way through a step, all of one shape. */
export interface AdamPart {
  readonly weight: string;
  readonly sum: string;
  readonly squares: string;
  readonly gradient: string;
}

/** What a part is after a step, under the names that are given. */
export function adamStep(
  graph: OperationGraph,
  { weight, sum, squares, gradient }: AdamPart,
  names: Readonly<Record<'weight' | 'sum' | 'squares', string>>,
): void {
  const [rate, floor] = RATE_INPUTS;
  const { firstDecay, secondDecay } = ADAM;
  const decayed = graph.multiply(sum, graph.scalar(firstDecay));
  const newSum = graph.node('Add', [decayed, gradient], {}, names.sum);
  const square = graph.multiply(gradient, gradient);
  const faded = graph.multiply(squares, graph.scalar(secondDecay));
  const newSquares = graph.node('Add', [faded, square], {}, names.squares);
  const size = graph.add(graph.node('Sqrt', [newSquares]), floor);
  const step = graph.multiply(graph.node('Div', [newSum, size]), rate);
  graph.node('Sub', [weight, step], {}, names.weight);
}
