import { quote } from '../../../base/quote.ts';
import type { NamedTensors } from '../named-tensors.ts';
import type { VisionGraph } from '../vision-graph.ts';
import { copied, readFinite, valuesOf, type Weight } from '../weight.ts';

/** nn.BatchNorm2d's default, which timm's models keep but for those that it took from TensorFlow. */
const EPSILON = 1e-5;

/** A convolution without bias and the batch norm behind it. */
export interface ConvNames {
  readonly conv: string;
  readonly norm: string;
  readonly stride?: number;
  /** Each channel by itself. */
  readonly isDepthwise?: boolean;
}

/**
 * A convolution with its batch norm folded in: the kernel times gain / sqrt(variance + epsilon), and what that leaves of bias and
 * mean as the bias. The picture keeps its size but for the stride.
 */
export function drawConvNorm(
  graph: VisionGraph,
  input: string,
  tensors: NamedTensors,
  names: ConvNames,
): string {
  const shape = tensors.shapeOf(`${names.conv}.weight`, 4);
  const [outputs, , side] = shape as [number, number, number, number];
  const { kernel, bias } = folded(tensors, names, shape);
  const { stride = 1, isDepthwise = false } = names;
  const padding = (side - 1) / 2;
  return graph.node('Conv', [input, graph.weight(kernel), graph.weight(bias)], {
    kernel_shape: { ints: [side, side] },
    strides: { ints: [stride, stride] },
    pads: { ints: [padding, padding, padding, padding] },
    group: { int: isDepthwise ? outputs : 1 },
  });
}

function folded(
  tensors: NamedTensors,
  { conv, norm }: ConvNames,
  shape: readonly number[],
): { kernel: Weight; bias: Weight } {
  const outputs = shape[0]!;
  const weight = tensors.take(`${conv}.weight`, shape);
  const [gain, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
    tensors.take(`${norm}.${part}`, [outputs]),
  );
  const factors = (): Float64Array => {
    const variances = valuesOf(variance!);
    if (variances.some((value) => value <= -EPSILON))
      throw new RangeError(`its tensor ${quote(variance!.name)} has a negative variance`);
    return Float64Array.from(valuesOf(gain!), (value, i) => value / Math.sqrt(variances[i]! + EPSILON));
  };
  return {
    kernel: {
      shape,
      madeOf: [weight, gain!, variance!].map(({ name }) => name),
      fill: (values) => {
        readFinite(weight, values);
        const perOutput = values.length / outputs;
        for (const [o, factor] of factors().entries())
          for (let i = o * perOutput; i < (o + 1) * perOutput; i++) values[i]! *= factor;
      },
    },
    bias: {
      shape: [outputs],
      madeOf: [bias!, mean!, gain!, variance!].map(({ name }) => name),
      fill: (values) => {
        const means = valuesOf(mean!);
        const biases = valuesOf(bias!);
        for (const [o, factor] of factors().entries()) values[o] = biases[o]! - means[o]! * factor;
      },
    },
  };
}

/** x * sigmoid(x), also called SiLU. */
export function swish(graph: VisionGraph, input: string): string {
  return graph.node('Mul', [input, graph.node('Sigmoid', [input])]);
}

/** Each channel times a share that is computed of the means of all channels (Hu et al. 2018). */
export function drawSqueezeExcite(
  graph: VisionGraph,
  input: string,
  tensors: NamedTensors,
  stem: string,
): string {
  const pointwise = (from: string, name: string): string => {
    const [outputs, inputs] = tensors.shapeOf(`${stem}${name}.weight`, 4) as [number, number];
    const kernel = copied(tensors, `${stem}${name}.weight`, [outputs, inputs, 1, 1]);
    const bias = copied(tensors, `${stem}${name}.bias`, [outputs]);
    return graph.node('Conv', [from, graph.weight(kernel), graph.weight(bias)], {
      kernel_shape: { ints: [1, 1] },
    });
  };
  const reduced = swish(graph, pointwise(graph.node('GlobalAveragePool', [input]), 'conv_reduce'));
  return graph.node('Mul', [input, graph.node('Sigmoid', [pointwise(reduced, 'conv_expand')])]);
}
