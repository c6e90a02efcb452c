import type { VisionGraph } from './vision-graph.ts';
import type { Dense } from './weight.ts';

/**
 * What follows the first layer of each MLP. `quick_gelu`: x * sigmoid(1.702 x), as OpenAI's weights need it; `gelu`: exact,
 * by erf; `gelu_tanh`: its approximation by tanh (Hendrycks and Gimpel 2016). Weights do not tell which they were trained with.
 */
export type ActivationName = 'quick_gelu' | 'gelu' | 'gelu_tanh';

export const ACTIVATIONS: readonly ActivationName[] = ['quick_gelu', 'gelu', 'gelu_tanh'];

/** openai/CLIP, model.py, QuickGELU. */
const QUICK_GELU_SLOPE = 1.702;

/** Rows through a dense layer and its activation. */
export function activate(
  graph: VisionGraph,
  input: string,
  layer: Dense,
  activation: ActivationName,
): string {
  if (graph.style === 'fused') return activateFused(graph, input, layer, activation);
  const sum = graph.dense(input, layer);
  if (activation !== 'quick_gelu')
    return graph.node('Gelu', [sum], { approximate: { text: activation === 'gelu' ? 'none' : 'tanh' } });
  const gate = graph.node('Sigmoid', [graph.node('Mul', [sum, graph.constant([QUICK_GELU_SLOPE])])]);
  return graph.node('Mul', [sum, gate]);
}

function activateFused(graph: VisionGraph, input: string, layer: Dense, activation: ActivationName): string {
  if (activation === 'quick_gelu')
    return graph.node('com.microsoft::QuickGelu', [graph.dense(input, layer)], {
      alpha: { float: QUICK_GELU_SLOPE },
    });
  const operator = activation === 'gelu' ? 'com.microsoft::BiasGelu' : 'com.microsoft::FastGelu';
  return graph.node(operator, [graph.product(input, layer), graph.weight(layer.bias!)]);
}
