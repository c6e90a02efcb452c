import { ElementType } from '../models/onnx/model-summary.ts';
import { OperationGraph } from './graph/operations.ts';
import { GRAPH_VERSIONS } from './graph/versions.ts';
import {
  CHANNELS,
  LEAK,
  layerSizes,
  type NetworkShape,
  type Parameter,
  POOL_PX,
  parametersOf,
} from './shape.ts';
import type { PixelScale } from './training-graph.ts';

/** A trained network, and how its values become scores: base + factor x value. */
export interface TrainedNetwork {
  readonly shape: NetworkShape;
  /** float32: all parameters, in their order. */
  readonly weights: Float32Array;
  readonly base: number;
  readonly factor: number;
}

export const IMAGE_INPUT = 'image';
export const PIXEL_INPUT = 'pixels';
export const SCORE_OUTPUT = 'score';

/**
 * The ONNX model that `score` takes: `image` float32 [batch, 3, side, side] in, scaled by mean and std; `score` float32 [batch, 1] out.
 *
 * @param description for a person
 */
export function imageModel(network: TrainedNetwork, description: string): Uint8Array {
  const { imagePx } = network.shape;
  const graph = new OperationGraph('likes');
  graph.input(IMAGE_INPUT, ElementType.float32, ['batch', CHANNELS, imagePx, imagePx]);
  addNetwork(graph, network, IMAGE_INPUT);
  return Buffer.concat(graph.toModel({ ...GRAPH_VERSIONS, description }));
}

/** The same network for pixels as datasets hold them: `pixels` uint8 [batch, side, side, 3] in. */
export function pixelModel(network: TrainedNetwork, { mean, std }: PixelScale): Uint8Array {
  const { imagePx } = network.shape;
  const graph = new OperationGraph('likes');
  graph.input(PIXEL_INPUT, ElementType.uint8, ['batch', imagePx, imagePx, CHANNELS]);
  const planes = graph.transpose(PIXEL_INPUT, [0, 3, 1, 2]);
  const values = graph.node('Cast', [planes], { to: { int: ElementType.float32 } });
  const unit = graph.node('Div', [values, graph.scalar(255)]);
  const centred = graph.node('Sub', [unit, graph.floats(mean, [1, CHANNELS, 1, 1])]);
  addNetwork(graph, network, graph.node('Div', [centred, graph.floats(std, [1, CHANNELS, 1, 1])]));
  return Buffer.concat(graph.toModel({ ...GRAPH_VERSIONS, description: 'A look at a training' }));
}

function addNetwork(
  graph: OperationGraph,
  { shape, weights, base, factor }: TrainedNetwork,
  image: string,
): void {
  const parameters = new Map(parametersOf(shape).map((parameter) => [parameter.name, parameter]));
  const layers = shape.hidden.length + 1;
  const constant = (name: string): string => {
    const parameter = parameters.get(name)!;
    const values = valuesOf(parameter, weights);
    // The last layer gives scores.
    if (name === `dense${layers - 1}.weight`)
      return graph.floats(
        values.map((value) => value * factor),
        parameter.dimensions,
      );
    if (name === `dense${layers - 1}.bias`)
      return graph.floats(
        values.map((value) => value * factor + base),
        parameter.dimensions,
      );
    return graph.floats(values, parameter.dimensions);
  };
  let value = image;
  for (const i of shape.convolutions.keys()) {
    if (i > 0) value = graph.leakyRelu(value, LEAK);
    value = graph.node('Conv', [value, constant(`convolution${i}.weight`), constant(`convolution${i}.bias`)]);
  }
  const sides = [POOL_PX, POOL_PX];
  value = graph.node('MaxPool', [value], { kernel_shape: { ints: sides }, strides: { ints: sides } });
  value = graph.reshape(graph.leakyRelu(value, LEAK), [-1, layerSizes(shape).features]);
  for (let i = 0; i < layers; i++) {
    if (i > 0) value = graph.leakyRelu(value, LEAK);
    const inputs = [value, constant(`dense${i}.weight`), constant(`dense${i}.bias`)];
    const output = i === layers - 1 ? SCORE_OUTPUT : graph.freshName('dense');
    value = graph.node('Gemm', inputs, { transB: { int: 1 } }, output);
  }
  graph.output(SCORE_OUTPUT, ElementType.float32, ['batch', 1]);
}

/** A parameter's part of all weights. */
export function valuesOf({ from, length }: Parameter, weights: Float32Array): Float32Array {
  return weights.subarray(from, from + length);
}
