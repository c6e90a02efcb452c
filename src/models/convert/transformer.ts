import { type ActivationName, activate } from './activation.ts';
import type { VisionGraph } from './vision-graph.ts';
import type { Dense, Norm, Weight } from './weight.ts';

/** What a vision transformer's blocks have in common. */
export interface TransformerShape {
  readonly width: number;
  readonly heads: number;
  /** Of all layer norms. */
  readonly epsilon: number;
  readonly activation: ActivationName;
}

/** A pre-norm block (Dosovitskiy et al. 2020, figure 1), with layer scale where it has some (Touvron et al. 2021). */
export interface Block {
  readonly attentionNorm: Norm;
  /** Query, key and value side by side: `[width, 3 * width]`. */
  readonly queryKeyValue: Dense;
  readonly attentionOut: Dense;
  readonly attentionScale?: Weight;
  readonly mlpNorm: Norm;
  readonly mlpIn: Dense;
  readonly mlpOut: Dense;
  readonly mlpScale?: Weight;
}

/** A branch of a block before it joins the sum that runs through all blocks; its bias may still be missing. */
interface Branch {
  readonly tensor: string;
  readonly bias?: string;
}

/** Tokens `[batch, tokens, width]` through all blocks; what comes out is not normalised. */
export function drawBlocks(
  graph: VisionGraph,
  tokens: string,
  blocks: readonly Block[],
  shape: TransformerShape,
): string {
  let sum = tokens;
  let normed = graph.norm(tokens, blocks[0]!.attentionNorm, shape.epsilon);
  for (const [i, block] of blocks.entries()) {
    ({ sum, normed } = join(graph, sum, attentionBranch(graph, normed, block, shape), {
      norm: block.mlpNorm,
      epsilon: shape.epsilon,
    }));
    const mlp = mlpBranch(graph, normed, block, shape);
    const next = blocks[i + 1];
    if (!next) return plainSum(graph, sum, mlp);
    ({ sum, normed } = join(graph, sum, mlp, { norm: next.attentionNorm, epsilon: shape.epsilon }));
  }
  return sum;
}

/** The sum with a branch added, and its norm, which the next branch starts from. */
function join(
  graph: VisionGraph,
  sum: string,
  branch: Branch,
  { norm, epsilon }: { readonly norm: Norm; readonly epsilon: number },
): { sum: string; normed: string } {
  if (graph.style === 'standard') {
    const added = plainSum(graph, sum, branch);
    return { sum: added, normed: graph.norm(added, norm, epsilon) };
  }
  const inputs = [branch.tensor, sum, graph.weight(norm.gain), graph.weight(norm.bias)];
  const [normed, , , added] = graph.nodeOutputs(
    'com.microsoft::SkipLayerNormalization',
    branch.bias ? [...inputs, branch.bias] : inputs,
    { epsilon: { float: epsilon } },
    [true, false, false, true],
  );
  return { sum: added!, normed: normed! };
}

function plainSum(graph: VisionGraph, sum: string, { tensor, bias }: Branch): string {
  return graph.node('Add', [sum, bias ? graph.node('Add', [tensor, bias]) : tensor]);
}

function attentionBranch(graph: VisionGraph, normed: string, block: Block, shape: TransformerShape): Branch {
  const mixed =
    graph.style === 'standard'
      ? attention(graph, normed, block, shape)
      : fusedAttention(graph, normed, block, shape);
  return outgoing(graph, mixed, block.attentionOut, block.attentionScale);
}

function mlpBranch(
  graph: VisionGraph,
  normed: string,
  block: Block,
  { activation }: TransformerShape,
): Branch {
  return outgoing(graph, activate(graph, normed, block.mlpIn, activation), block.mlpOut, block.mlpScale);
}

function outgoing(graph: VisionGraph, input: string, layer: Dense, scale: Weight | undefined): Branch {
  if (scale) return { tensor: graph.node('Mul', [graph.dense(input, layer), graph.weight(scale)]) };
  const tensor = graph.product(input, layer);
  return layer.bias ? { tensor, bias: graph.weight(layer.bias) } : { tensor };
}

function attention(
  graph: VisionGraph,
  normed: string,
  { queryKeyValue }: Block,
  { width, heads }: TransformerShape,
): string {
  const headWidth = width / heads;
  const joined = graph.reshape(graph.dense(normed, queryKeyValue), [0, 0, 3 * heads, headWidth]);
  const [query, key, value] = graph.nodeOutputs(
    'Split',
    [joined],
    { axis: { int: 2 }, num_outputs: { int: 3 } },
    3,
  );
  const scaled = graph.node('Mul', [query!, graph.constant([headWidth ** -0.5])]);
  const scores = graph.node('MatMul', [
    graph.transpose(scaled, [0, 2, 1, 3]),
    graph.transpose(key!, [0, 2, 3, 1]),
  ]);
  const shares = graph.node('Softmax', [scores], { axis: { int: -1 } });
  const mixed = graph.node('MatMul', [shares, graph.transpose(value!, [0, 2, 1, 3])]);
  return graph.reshape(graph.transpose(mixed, [0, 2, 1, 3]), [0, 0, width]);
}

/** onnxruntime's own operator adds the biases itself and scales by the root of the head's width. */
function fusedAttention(
  graph: VisionGraph,
  normed: string,
  { queryKeyValue }: Block,
  { heads }: TransformerShape,
): string {
  const joined = graph.product(normed, queryKeyValue);
  const parts = graph.nodeOutputs('Split', [joined], { axis: { int: -1 }, num_outputs: { int: 3 } }, 3);
  return graph.node('com.microsoft::MultiHeadAttention', [...parts, graph.weight(queryKeyValue.bias!)], {
    num_heads: { int: heads },
  });
}
