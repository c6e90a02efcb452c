import type { GraphBuilder } from '../../src/models/onnx/graph-builder.ts';
import { type Attributes, floatTensor, int64Tensor } from '../../src/models/onnx/messages.ts';
import { EPSILON, type Ramp } from './measures.ts';

/** The most float32 values that a processor computes at once. */
export const LANES = 16;

/** The arithmetic of pictures in ONNX operators; every method gives the name of its result. */
export class GraphWriter {
  readonly #graph: GraphBuilder;

  constructor(graph: GraphBuilder) {
    this.#graph = graph;
  }

  node(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.#graph.node(operator, inputs, attributes);
  }

  constant(values: ArrayLike<number>, dimensions: readonly number[] = [values.length]): string {
    return this.#graph.initializer(floatTensor(values, dimensions));
  }

  scalar(value: number): string {
    return this.constant([value], []);
  }

  integers(values: readonly number[]): string {
    return this.#graph.initializer(int64Tensor(values));
  }

  add(a: string, b: string): string {
    return this.node('Add', [a, b]);
  }

  sub(a: string, b: string): string {
    return this.node('Sub', [a, b]);
  }

  mul(a: string, b: string): string {
    return this.node('Mul', [a, b]);
  }

  div(a: string, b: string): string {
    return this.node('Div', [a, b]);
  }

  square(a: string): string {
    return this.mul(a, a);
  }

  /** sqrt(a + EPSILON) */
  root(a: string): string {
    return this.node('Sqrt', [this.add(a, this.scalar(EPSILON))]);
  }

  /**
   * ln(a + offset) of [batch, 1, 1, 1]. It is computed for LANES copies, and the first is taken: ONNX Runtime computes
   * the last few values of a tensor by another logarithm, which differs in the last bit.
   */
  log(a: string, offset: number): string {
    const copies = this.add(a, this.constant(new Array(LANES).fill(offset), [1, LANES, 1, 1]));
    return this.firstChannels(this.node('Log', [copies]), 1);
  }

  firstChannels(tensor: string, count: number): string {
    return this.node('Slice', [tensor, this.integers([0]), this.integers([count]), this.integers([1])]);
  }

  /**
   * The mean over height and width. Not ReduceMean: ONNX Runtime lets that sum in an order that depends on the
   * plane's address, so that an image's measures would depend on its place in the batch, in the last bit.
   */
  mean(plane: string): string {
    return this.node('GlobalAveragePool', [plane]);
  }

  variance(plane: string): string {
    return this.mean(this.square(this.sub(plane, this.mean(plane))));
  }

  ramp(plane: string, { from, to }: Ramp): string {
    const position = this.mul(this.sub(plane, this.scalar(from)), this.scalar(1 / (to - from)));
    return this.node('Clip', [position, this.scalar(0), this.scalar(1)]);
  }

  /** The largest channel. */
  largest(tensor: string): string {
    return this.node('ReduceMax', [tensor], { axes: { ints: [1] }, keepdims: { int: 1 } });
  }

  /** Several 3 x 3 kernels over one plane, without padding: one channel each. */
  convolve(plane: string, kernels: readonly (readonly number[])[]): string {
    return this.node('Conv', [plane, this.constant(kernels.flat(), [kernels.length, 1, 3, 3])]);
  }

  /** The channels of a tensor, one by one. */
  split(tensor: string, count: number): string[] {
    return Array.from({ length: count }, (_, channel) =>
      this.node('Slice', [
        tensor,
        this.integers([channel]),
        this.integers([channel + 1]),
        this.integers([1]),
      ]),
    );
  }

  /** Means of `factor` x `factor` blocks. */
  shrink(plane: string, factor: number): string {
    const sides = { ints: [factor, factor] };
    return this.node('AveragePool', [plane], { kernel_shape: sides, strides: sides });
  }

  dilate(plane: string, window: number): string {
    const reach = Math.floor(window / 2);
    return this.node('MaxPool', [plane], {
      kernel_shape: { ints: [window, window] },
      pads: { ints: [reach, reach, reach, reach] },
    });
  }

  /** Mean of the `count` largest or smallest values of a plane, as [batch, 1, 1, 1]. */
  meanOfBlocks(blocks: string, count: number, which: 'largest' | 'smallest'): string {
    const flat = this.node('Flatten', [blocks], { axis: { int: 1 } });
    const sign = which === 'largest' ? flat : this.node('Neg', [flat]);
    const inputs = [sign, this.integers([count])];
    // The second output tells where they were.
    const [top] = this.#graph.nodeOutputs('TopK', inputs, { axis: { int: 1 } }, 2);
    const mean = this.mean(this.node('Reshape', [top!, this.integers([-1, 1, count, 1])]));
    return which === 'largest' ? mean : this.node('Neg', [mean]);
  }
}
