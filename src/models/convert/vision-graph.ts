import { toFloat16Bits } from '../../base/float16.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { floatTensor, int64Tensor, type TensorData } from '../onnx/messages.ts';
import { ElementType } from '../onnx/model-summary.ts';
import type { Message } from '../onnx/protobuf-writer.ts';
import type { Dense, Norm, Weight } from './weight.ts';
import type { WeightPlan } from './weight-plan.ts';

/** What the nodes of a graph are: the standard's, or where onnxruntime has one for several of them, its own. */
export type OperatorStyle = 'standard' | 'fused';

/** The first opset with Gelu; LayerNormalization came with 17 (onnx Operators.md). */
const OPSET = 20;
/** The IR version that came with that opset (onnx Versioning.md). */
const IR_VERSION = 9;

/** Draws the graph of an image model: nodes with weights, all in one number format. */
export class VisionGraph extends GraphBuilder {
  readonly style: OperatorStyle;
  readonly #plan: WeightPlan;

  constructor(name: string, plan: WeightPlan, style: OperatorStyle) {
    super(name);
    this.#plan = plan;
    this.style = style;
  }

  /** The image input: `[batch, 3, sizePx, sizePx]`, RGB, normalised. */
  pixels(sizePx: number): string {
    return this.input('pixel_values', this.#plan.elementType, ['batch', 3, sizePx, sizePx]);
  }

  /** Names a tensor `[batch, width]` as the model's output. */
  rows(tensor: string, name: string, width: number): void {
    this.node('Identity', [tensor], {}, name);
    this.output(name, this.#plan.elementType, ['batch', width]);
  }

  weight(weight: Weight): string {
    return this.initializer(this.#plan.place(weight));
  }

  /** Numbers that are part of the arithmetic; `[]` makes a scalar. */
  constant(values: readonly number[], dimensions: readonly number[] = []): string {
    return this.initializer(
      this.#inFormat(floatTensor(values, dimensions), values),
      this.freshName('constant'),
    );
  }

  /** Whole numbers for shapes and axes; a scalar where one is given alone. */
  integers(values: readonly number[] | number): string {
    const tensor =
      typeof values === 'number' ? { ...int64Tensor([values]), dimensions: [] } : int64Tensor(values);
    return this.initializer(tensor, this.freshName('integers'));
  }

  /** Rows times a matrix, without the bias. */
  product(input: string, { weight }: Dense): string {
    return this.node('MatMul', [input, this.weight(weight)]);
  }

  /** Rows through a dense layer. */
  dense(input: string, layer: Dense): string {
    const product = this.product(input, layer);
    return layer.bias ? this.node('Add', [product, this.weight(layer.bias)]) : product;
  }

  norm(input: string, { gain, bias }: Norm, epsilon: number): string {
    return this.node('LayerNormalization', [input, this.weight(gain), this.weight(bias)], {
      axis: { int: -1 },
      epsilon: { float: epsilon },
    });
  }

  reshape(input: string, shape: readonly number[]): string {
    return this.node('Reshape', [input, this.integers(shape)]);
  }

  transpose(input: string, perm: readonly number[]): string {
    return this.node('Transpose', [input], { perm: { ints: perm } });
  }

  /** The token at a place of `[batch, tokens, width]`. */
  token(input: string, place: number): string {
    return this.node('Gather', [input, this.integers(place)], { axis: { int: 1 } });
  }

  /** The finished model. */
  finish(description: string): Message {
    return this.toModel({ irVersion: IR_VERSION, opset: OPSET, description });
  }

  #inFormat(tensor: TensorData, values: readonly number[]): TensorData {
    if (this.#plan.elementType === ElementType.float32) return tensor;
    const halves = toFloat16Bits(Float32Array.from(values));
    return { ...tensor, elementType: ElementType.float16, content: new Uint8Array(halves.buffer) };
  }
}
