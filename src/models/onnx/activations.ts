import type { ActivationName } from '../convert/activation.ts';
import { floatAttribute, type GraphNode, graphNodes, scalarConstants, textAttribute } from './graph-nodes.ts';
import { nodeMessage } from './messages.ts';
import { GRAPH_FIELDS } from './model-summary.ts';
import type { FileField, OnnxFile } from './onnx-file.ts';
import { lengthField, type Message, message } from './protobuf-writer.ts';
import { writtenActivations } from './written-activation.ts';

/** An activation of the GELU family in a graph. */
export interface FoundActivation {
  readonly name: ActivationName;
  /** The tensor that it is of. */
  readonly input: string;
  /** Added to it first, where one operator does both. */
  readonly bias?: string;
  /** The node that gives its result. */
  readonly node: GraphNode;
}

/** A slope that is no more than this off 1.702 makes a QuickGELU; 1 would make a SiLU. */
const SLOPE_TOLERANCE = 0.01;
const QUICK_GELU_SLOPE = 1.702;

/**
 * The GELUs of a graph, in its order: operators of the standard and of onnxruntime, and those that are written out in
 * arithmetic, as exporters do (by Erf, Tanh or Sigmoid). None is taken for another: each is known by its values.
 */
export function findActivations(file: OnnxFile, graph: FileField): FoundActivation[] {
  const nodes = graphNodes(file, graph);
  const written = writtenActivations(nodes, scalarConstants(file, graph, nodes));
  return nodes.flatMap((node) => {
    const arithmetic = written.get(node.outputs[0] ?? '');
    return operatorActivation(file, node) ?? (arithmetic ? { ...arithmetic, node } : []);
  });
}

function operatorActivation(file: OnnxFile, node: GraphNode): FoundActivation | undefined {
  const [input, bias] = node.inputs;
  const found = (name: ActivationName): FoundActivation => ({
    name,
    input: input!,
    node,
    ...(bias ? { bias } : {}),
  });
  switch (node.operator) {
    case 'Gelu':
      return found(textAttribute(file, node, 'approximate') === 'tanh' ? 'gelu_tanh' : 'gelu');
    case 'com.microsoft::Gelu':
    case 'com.microsoft::BiasGelu':
      return found('gelu');
    case 'com.microsoft::FastGelu':
      return found('gelu_tanh');
    case 'com.microsoft::QuickGelu': {
      const slope = floatAttribute(file, node, 'alpha') ?? QUICK_GELU_SLOPE;
      return Math.abs(slope - QUICK_GELU_SLOPE) <= SLOPE_TOLERANCE ? found('quick_gelu') : undefined;
    }
    default:
      return undefined;
  }
}

/**
 * onnxruntime has each as one operator, in any number format and beside any version of the standard. It knows them in a model
 * that does not import their set.
 */
const OPERATORS = {
  quick_gelu: ['com.microsoft::QuickGelu', { alpha: { float: QUICK_GELU_SLOPE } }],
  gelu: ['com.microsoft::Gelu', {}],
  gelu_tanh: ['com.microsoft::FastGelu', {}],
} as const;

/**
 * What stands in the place of nodes where each GELU of a graph becomes another one, by the offsets of those nodes in the
 * file. What a written-out one was computed from stays, unused.
 *
 * @param freshName a name for a tensor that the graph does not have, with a word in it
 */
export function replacedActivations(
  found: readonly FoundActivation[],
  wanted: ActivationName,
  freshName: (word: string) => string,
): ReadonlyMap<number, Message> {
  const [operator, attributes] = OPERATORS[wanted];
  return new Map(
    found.map(({ input, bias, node }, i) => {
      const biased = bias === undefined ? input : freshName(`biased_${i}`);
      const sum = bias === undefined ? [] : nodeField('Add', [input, bias], [biased]);
      const result = nodeField(operator, [biased], [node.outputs[0]!], attributes);
      return [node.field.start, message(sum, result)];
    }),
  );
}

function nodeField(...node: Parameters<typeof nodeMessage>): Message {
  return lengthField(GRAPH_FIELDS.node, nodeMessage(...node));
}
