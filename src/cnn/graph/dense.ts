import type { OperationGraph } from './operations.ts';

/** A dense layer, whose weights come in parts of so many outputs each. */
export interface Dense {
  readonly batch: number;
  readonly inputs: number;
  /** [outputs of the part, inputs] each. */
  readonly parts: readonly { readonly weight: string; readonly outputs: number }[];
}

/** [batch, outputs] without a LeakyReLU. @param rows [batch, inputs], @param bias [outputs] */
export function dense(graph: OperationGraph, { parts }: Dense, rows: string, bias: string): string {
  const products = parts.map(({ weight }) => graph.node('Gemm', [rows, weight], { transB: { int: 1 } }));
  return graph.add(graph.concat(products, 1), bias);
}

/** What a dense layer passes back. */
export interface DenseGradients {
  /** Of each part. */
  readonly weights: readonly string[];
  readonly bias: string;
  /** [batch, inputs] */
  readonly rows: string;
}

/** @param rows what went in, @param delta [batch, outputs] */
export function denseGradients(
  graph: OperationGraph,
  { parts }: Dense,
  rows: string,
  delta: string,
): DenseGradients {
  const weights: string[] = [];
  let passed: string | undefined;
  let from = 0;
  for (const { weight, outputs } of parts) {
    const own = parts.length === 1 ? delta : graph.slice(delta, 1, from, from + outputs);
    weights.push(graph.node('Gemm', [own, rows], { transA: { int: 1 } }));
    passed = graph.node('Gemm', [own, weight, ...(passed === undefined ? [] : [passed])]);
    from += outputs;
  }
  return { weights, bias: graph.sumRows(delta), rows: passed! };
}
