import { GraphBuilder } from '../src/models/onnx/graph-builder.ts';
import { int64Tensor, type TensorData } from '../src/models/onnx/messages.ts';
import { ElementType } from '../src/models/onnx/model-summary.ts';
import type { Message } from '../src/models/onnx/protobuf-writer.ts';

/** The shape of a CLIP vision transformer. */
export interface VitShape {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly dimension: number;
}

/** ViT-B/32 as in Radford et al. 2021, table 20. */
export const VIT_B_32: VitShape = {
  imageSize: 224,
  patchSize: 32,
  width: 768,
  layers: 12,
  heads: 12,
  dimension: 512,
};

/** How the model is written. */
export interface VitOptions {
  readonly shape: VitShape;
  readonly elementType: number;
  /** A fixed batch size, or the name of a free dimension. */
  readonly batch: number | string;
  readonly opset: number;
  /** Makes the weights: `scale` is their standard deviation, `centre` their mean. */
  readonly weight: (dimensions: readonly number[], scale: number, centre: number) => TensorData;
  /** Also gives the tokens of the last layer as a second output. */
  readonly withTokens: boolean;
}

const IR_VERSION = 8;

/** A CLIP vision transformer with projection: pre-norm blocks, QuickGELU, class token, as OpenAI's `VisualTransformer`. */
export function vitModel(options: VitOptions): Message {
  const { shape, elementType, batch, opset, weight } = options;
  const { imageSize, width, dimension } = shape;
  const graph = new GraphBuilder('vision_transformer');
  const pixels = graph.input('pixel_values', elementType, [batch, 3, imageSize, imageSize]);
  const make = (dimensions: number[], scale: number, centre = 0): string =>
    graph.initializer(weight(dimensions, scale, centre));
  const norm = (input: string): string =>
    graph.node('LayerNormalization', [input, make([width], 0.1, 1), make([width], 0.1)], {
      axis: { int: -1 },
      epsilon: { float: 1e-5 },
    });
  const linear = (input: string, from: number, to: number): string =>
    graph.node('Add', [graph.node('MatMul', [input, make([from, to], from ** -0.5)]), make([to], 0.02)]);
  const parts = { make, norm, linear };

  const state = transformer(graph, norm(sequence(graph, pixels, shape, make)), shape, parts);
  const first = graph.node('Gather', [state, graph.initializer({ ...int64Tensor([0]), dimensions: [] })], {
    axis: { int: 1 },
  });
  graph.node('MatMul', [norm(first), make([width, dimension], width ** -0.5)], {}, 'image_embeds');
  graph.output('image_embeds', elementType, [batch, dimension]);
  if (options.withTokens) {
    graph.node('Identity', [state], {}, 'last_hidden_state');
    graph.output('last_hidden_state', elementType, [batch, tokenCount(shape), width]);
  }
  return graph.toModel({
    irVersion: IR_VERSION,
    opset,
    description: 'A CLIP vision transformer with random weights, for tests and measurements.',
  });
}

/** The patches of an image and the class token before them. */
function tokenCount({ imageSize, patchSize }: VitShape): number {
  return (imageSize / patchSize) ** 2 + 1;
}

type Make = (dimensions: number[], scale: number, centre?: number) => string;

/** What layers are made of. */
interface Parts {
  readonly make: Make;
  readonly norm: (input: string) => string;
  readonly linear: (input: string, from: number, to: number) => string;
}

/** Class token and patches of each image, with their positions: (batch, tokens, width). */
function sequence(graph: GraphBuilder, pixels: string, shape: VitShape, make: Make): string {
  const { patchSize, width } = shape;
  const patches = graph.node(
    'Conv',
    [pixels, make([width, 3, patchSize, patchSize], (3 * patchSize ** 2) ** -0.5)],
    { kernel_shape: { ints: [patchSize, patchSize] }, strides: { ints: [patchSize, patchSize] } },
  );
  const flat = graph.node('Reshape', [patches, graph.initializer(int64Tensor([0, width, -1]))]);
  const rows = graph.node('Transpose', [flat], { perm: { ints: [0, 2, 1] } });
  // The class token once per image: a column of ones as long as the batch, times the token.
  const firstPatch = graph.node('Slice', [
    rows,
    ...[[0], [1], [1]].map((values) => graph.initializer(int64Tensor(values))),
  ]);
  const zeros = graph.node('Mul', [firstPatch, make([1], 0, 0)]);
  const classToken = graph.node('Add', [zeros, make([1, 1, width], 1)]);
  const tokens = graph.node('Concat', [classToken, rows], { axis: { int: 1 } });
  return graph.node('Add', [tokens, make([1, tokenCount(shape), width], 0.5)]);
}

function transformer(graph: GraphBuilder, input: string, shape: VitShape, parts: Parts): string {
  const { make, norm, linear } = parts;
  const { width, layers } = shape;
  let state = input;
  for (let layer = 0; layer < layers; layer++) {
    state = graph.node('Add', [state, attention(graph, norm(state), shape, parts)]);
    const hidden = linear(norm(state), width, 4 * width);
    const gate = graph.node('Sigmoid', [graph.node('Mul', [hidden, make([1], 0, 1.702)])]);
    state = graph.node('Add', [state, linear(graph.node('Mul', [hidden, gate]), 4 * width, width)]);
  }
  return state;
}

function attention(
  graph: GraphBuilder,
  input: string,
  { width, heads }: VitShape,
  { linear, make }: Parts,
): string {
  const headWidth = width / heads;
  const split = graph.initializer(int64Tensor([0, 0, heads, headWidth]));
  const project = (perm: number[]): string => {
    const parts = graph.node('Reshape', [linear(input, width, width), split]);
    return graph.node('Transpose', [parts], { perm: { ints: perm } });
  };
  const query = graph.node('Mul', [project([0, 2, 1, 3]), make([1], 0, headWidth ** -0.5)]);
  const scores = graph.node('MatMul', [query, project([0, 2, 3, 1])]);
  const shares = graph.node('Softmax', [scores], { axis: { int: -1 } });
  const mixed = graph.node('MatMul', [shares, project([0, 2, 1, 3])]);
  const joined = graph.node('Transpose', [mixed], { perm: { ints: [0, 2, 1, 3] } });
  const rows = graph.node('Reshape', [joined, graph.initializer(int64Tensor([0, 0, width]))]);
  return linear(rows, width, width);
}

/** Element types that a model can be written in. */
export const ELEMENT_TYPES = { float32: ElementType.float32, float16: ElementType.float16 } as const;
