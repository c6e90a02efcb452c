import { GraphBuilder } from '../../models/onnx/graph-builder.ts';
import { floatTensor, int64Tensor } from '../../models/onnx/messages.ts';

/** A graph of float32 tensors, by the operators that training needs. All sizes are known when it is built. */
export class OperationGraph extends GraphBuilder {
  readonly #constants = new Map<string, string>();

  /** float32, row-major; a scalar without dimensions. */
  floats(values: ArrayLike<number>, dimensions: readonly number[]): string {
    return this.initializer(floatTensor(values, dimensions));
  }

  scalar(value: number): string {
    return this.#once(`scalar ${value}`, () => this.floats([value], []));
  }

  /** int64, row-major. */
  integers(values: readonly number[], dimensions: readonly number[] = [values.length]): string {
    const make = (): string => this.initializer({ ...int64Tensor(values), dimensions });
    return values.length > 8 ? make() : this.#once(`int64 ${dimensions} ${values}`, make);
  }

  reshape(tensor: string, dimensions: readonly number[]): string {
    return this.node('Reshape', [tensor, this.integers(dimensions)]);
  }

  transpose(tensor: string, order: readonly number[]): string {
    return this.node('Transpose', [tensor], { perm: { ints: order } });
  }

  /** What lies from `from` on, before `to`, along an axis. */
  slice(tensor: string, axis: number, from: number, to: number): string {
    return this.node('Slice', [tensor, ...[from, to, axis].map((value) => this.integers([value]))]);
  }

  concat(tensors: readonly string[], axis: number): string {
    return tensors.length === 1 ? tensors[0]! : this.node('Concat', tensors, { axis: { int: axis } });
  }

  /** Zeros around a tensor: so many before each axis, and after each. */
  pad(tensor: string, before: readonly number[], after: readonly number[]): string {
    return this.node('Pad', [tensor, this.integers([...before, ...after])]);
  }

  /** What stands at `places` of an axis, in the shape of these. */
  gather(tensor: string, places: readonly number[], dimensions: readonly number[], axis = 0): string {
    return this.node('Gather', [tensor, this.integers(places, dimensions)], { axis: { int: axis } });
  }

  /** The sum over the first axis, without it. */
  sumRows(tensor: string): string {
    return this.node('ReduceSum', [tensor, this.integers([0])], { keepdims: { int: 0 } });
  }

  multiply(a: string, b: string): string {
    return this.node('Mul', [a, b]);
  }

  add(a: string, b: string): string {
    return this.node('Add', [a, b]);
  }

  /** 1 where a tensor is above 0, else `otherwise`: the slope of a LeakyReLU, from its values or what goes in. */
  slope(tensor: string, otherwise: number): string {
    const isAbove = this.node('Greater', [tensor, this.scalar(0)]);
    return this.node('Where', [isAbove, this.scalar(1), this.scalar(otherwise)]);
  }

  leakyRelu(tensor: string, leak: number): string {
    return this.node('LeakyRelu', [tensor], { alpha: { float: leak } });
  }

  #once(key: string, make: () => string): string {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#constants.set(key, made);
    return made;
  }
}
