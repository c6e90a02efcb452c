import { quote } from '../../base/quote.ts';
import type { Activation, Layer, OutputActivation } from '../layers.ts';
import { LIMITS } from '../limits.ts';
import type { Tensor } from '../tensor.ts';
import type { Checkpoint } from './checkpoint.ts';
import { floatsOf, unexpected } from './constants.ts';
import { type GraphNode, numberAttribute } from './graph.ts';
import { traceInput, type Value } from './trace.ts';

/** The layers of a graph, and what goes into the first. */
export interface Network {
  readonly layers: readonly Layer[];
  readonly output: OutputActivation;
  readonly features: Value;
}

const ADDITIONS: readonly string[] = ['BiasAdd', 'AddV2', 'Add'];

/**
 * Reads dense layers from a model's output backwards: at the end a sigmoid or none, between layers ReLU or none, before
 * the first Keras's Normalization or none. That is a scale and a shift of each value, and becomes part of the first layer.
 *
 * @throws RangeError naming the first operation that is none of these
 */
export function readNetwork(output: Value, checkpoint: Checkpoint): Network {
  const isSigmoid = output.node.op === 'Sigmoid';
  let value = isSigmoid ? traceInput(output, 0) : output;
  const layers: Layer[] = [];
  for (;;) {
    const activation: Activation = value.node.op === 'Relu' ? 'relu' : 'none';
    const dense = readDense(activation === 'relu' ? traceInput(value, 0) : value, checkpoint);
    if (!dense && activation === 'relu') throw unexpected('Relu', value.node.name, 'what comes first');
    if (!dense) break;
    layers.unshift({ ...dense.layer, activation });
    if (layers.length > LIMITS.layers) throw new RangeError(`it has more than ${LIMITS.layers} layers`);
    value = dense.from;
  }
  if (layers.length === 0) throw unexpected(value.node.op, value.node.name, 'a dense layer');
  const normalised = readNormalisation(value, checkpoint);
  return {
    layers: normalised ? [foldInto(layers[0]!, normalised), ...layers.slice(1)] : layers,
    output: isSigmoid ? 'sigmoid' : 'none',
    features: normalised?.from ?? value,
  };
}

interface Dense {
  readonly layer: Omit<Layer, 'activation'>;
  readonly from: Value;
}

/** BiasAdd (MatMul (x, kernel), bias), or MatMul alone. A kernel is inputs x outputs; a layer has one row per output. */
function readDense(value: Value, checkpoint: Checkpoint): Dense | undefined {
  const biased = ADDITIONS.includes(value.node.op);
  const product = biased ? traceInput(value, 0) : value;
  if (product.node.op !== 'MatMul') return undefined;
  checkNotTransposed(product.node);
  const kernel = floatsOf(traceInput(product, 1), checkpoint);
  const [inputs, outputs] = kernel.shape;
  if (inputs === undefined || outputs === undefined || kernel.shape.length !== 2)
    throw new RangeError(`its node ${quote(product.node.name)} multiplies with no matrix`);
  const bias = biased ? floatsOf(traceInput(value, 1), checkpoint).data : new Float64Array(outputs);
  if (bias.length !== outputs)
    throw new RangeError(`its node ${quote(value.node.name)} adds ${bias.length} values to ${outputs}`);
  return {
    layer: { inputs, outputs, weights: transpose(kernel.data, inputs, outputs), bias },
    from: traceInput(product, 0),
  };
}

function checkNotTransposed(node: GraphNode): void {
  const isTransposed = ['transpose_a', 'transpose_b'].some((name) => numberAttribute(node, name, 0) !== 0);
  if (isTransposed) throw new RangeError(`its node ${quote(node.name)} multiplies with a transposed matrix`);
}

function transpose(values: Float64Array, rows: number, columns: number): Float64Array {
  const transposed = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      transposed[column * rows + row] = values[row * columns + column]!;
  }
  return transposed;
}

interface Normalisation {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
  readonly from: Value;
}

/** RealDiv (Sub (x, mean), Maximum (Sqrt (variance), least)). Undefined where there is no division. */
function readNormalisation(value: Value, checkpoint: Checkpoint): Normalisation | undefined {
  if (value.node.op !== 'RealDiv') return undefined;
  const centred = traceInput(value, 0);
  const maximum = traceInput(value, 1);
  if (centred.node.op !== 'Sub') throw unexpected(centred.node.op, centred.node.name, 'a subtraction');
  if (maximum.node.op !== 'Maximum') throw unexpected(maximum.node.op, maximum.node.name, 'a maximum');
  const root = traceInput(maximum, 0);
  if (root.node.op !== 'Sqrt') throw unexpected(root.node.op, root.node.name, 'a square root');
  const mean = readRow(floatsOf(traceInput(centred, 1), checkpoint), centred.node);
  const variance = readRow(floatsOf(traceInput(root, 0), checkpoint), root.node);
  const [least, ...more] = floatsOf(traceInput(maximum, 1), checkpoint).data;
  if (least === undefined || more.length > 0 || mean.length !== variance.length)
    throw new RangeError('its normalisation has not one mean and one variance for each value');
  const deviation = variance.map((square) => Math.max(Math.sqrt(square), least));
  return { mean, deviation, from: traceInput(centred, 0) };
}

/** One value for each column, of the shape (d,) or (1, d): any other would be spread over the rows. */
function readRow({ shape, data }: Tensor, node: GraphNode): Float64Array {
  if (shape.slice(0, -1).every((side) => side === 1) && shape.at(-1) === data.length) return data;
  throw new RangeError(`its node ${quote(node.name)} has not one value for each column`);
}

/** W ((x - mean) / deviation) + b = (W / deviation) x + (b - W (mean / deviation)). */
function foldInto(layer: Layer, { mean, deviation }: Normalisation): Layer {
  const { inputs, outputs } = layer;
  if (mean.length !== inputs)
    throw new RangeError(`its normalisation has ${mean.length} means for ${inputs} values`);
  const weights = layer.weights.map((weight, i) => weight / deviation[i % inputs]!);
  const bias = Float64Array.from({ length: outputs }, (_, o) => {
    let shift = 0;
    for (let i = 0; i < inputs; i++) shift += weights[o * inputs + i]! * mean[i]!;
    return layer.bias[o]! - shift;
  });
  return { ...layer, weights, bias };
}
