import type { OperationGraph } from './operations.ts';

/** What is made small: squared errors; beyond 1 (in units of the targets) their size instead; or the pinball loss of a quantile. */
export const LOSSES = ['mse', 'huber', 'quantile'] as const;
export type LossName = (typeof LOSSES)[number];

export interface Loss {
  readonly name: LossName;
  /** Of quantile: the share of the truth that is to lie below the predictions. */
  readonly quantile: number;
}

/** Each error's loss, and by how much it changes with the error. All of the shape of `error`. */
interface LossPass {
  readonly loss: string;
  readonly slope: string;
}

const PASSES: Readonly<
  Record<LossName, (graph: OperationGraph, error: string, quantile: number) => LossPass>
> = {
  mse: (graph, error) => ({
    loss: graph.multiply(error, error),
    slope: graph.multiply(error, graph.scalar(2)),
  }),
  // c (e - c / 2) for e cut to [-1, 1] as c: e^2 / 2 within, |e| - 1 / 2 beyond.
  huber: (graph, error) => {
    const cut = graph.node('Clip', [error, graph.scalar(-1), graph.scalar(1)]);
    const rest = graph.node('Sub', [error, graph.multiply(cut, graph.scalar(0.5))]);
    return { loss: graph.multiply(cut, rest), slope: cut };
  },
  // (1 - q) e above 0, -q e below (Koenker and Bassett 1978); the slope at 0 is 0.
  quantile: (graph, error, quantile) => {
    const sign = graph.node('Sign', [error]);
    const tilt = graph.multiply(graph.multiply(sign, sign), graph.scalar(0.5 - quantile));
    const slope = graph.add(graph.multiply(sign, graph.scalar(0.5)), tilt);
    return { loss: graph.multiply(error, slope), slope };
  },
};

/** The weighted sum of losses, a scalar, and its gradient. @param predicted, target, weight of one shape */
export function lossOf(
  graph: OperationGraph,
  { name, quantile }: Loss,
  { predicted, target, weight }: Readonly<Record<'predicted' | 'target' | 'weight', string>>,
): { readonly loss: string; readonly delta: string } {
  const error = graph.node('Sub', [predicted, target]);
  const { loss, slope } = PASSES[name](graph, error, quantile);
  return {
    loss: graph.node('ReduceSum', [graph.multiply(weight, loss)], { keepdims: { int: 0 } }),
    delta: graph.multiply(weight, slope),
  };
}
