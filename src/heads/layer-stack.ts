import { instantiateKernel, type KernelMemory } from '../base/wasm.ts';
import type { Layer } from './layers.ts';
import { layersKernelBase64 } from './layers-kernel.generated.ts';

type LayerProducts = (
  ...args: [
    rows: number,
    rowBytes: number,
    count: number,
    weights: number,
    bias: number,
    inputs: number,
    outputs: number,
    results: number,
  ]
) => void;
type EachValue = (values: number, count: number) => void;

/** What kernels/layers.ts exports, which takes addresses and counts. */
interface LayersKernel extends KernelMemory {
  readonly layer: LayerProducts;
  readonly relu: EachValue;
  readonly silu: EachValue;
  readonly shorten: EachValue;
}

/** A layer in the kernel's memory. */
interface LaidLayer {
  readonly activation: Layer['activation'];
  readonly inputs: number;
  /** Outputs, filled up to a multiple of four by such that are 0. */
  readonly padded: number;
  /** Whether a layer comes after it, and so its values are rounded to 29 bits. */
  readonly isHidden: boolean;
  readonly weights: number;
  readonly bias: number;
  /** Where its values go, f64(BLOCK_ROWS x padded). */
  readonly values: number;
}

/** Outputs, and rows, that the kernel takes at a time. */
export const GROUP = 4;
const BYTES = Float64Array.BYTES_PER_ELEMENT;
const ALIGNMENT_BYTES = 64;

/** The most rows that go through the layers at a time: they stay in a core's second-level cache. A multiple of four. */
export const BLOCK_ROWS = 64;

const padded = (count: number): number => GROUP * Math.ceil(count / GROUP);

/** Values of a layer for some rows: of row r from `stride` r on. */
export interface LayerValues {
  readonly values: Float64Array;
  readonly stride: number;
}

/**
 * Dense layers, one after the other, in float64, in a WebAssembly memory of their own. A row's values do not depend on the other rows, to
 * the last bit, and are the same on every machine. What goes from one layer to the next is rounded to 29 bits.
 */
export class LayerStack {
  readonly #kernel: LayersKernel = instantiateKernel<LayersKernel>(layersKernelBase64);
  readonly #layers: readonly LaidLayer[];
  readonly #rows: number;
  #end = this.#kernel.heapBase();

  /**
   * @param layers at least one
   * @param isWhole whether the last of them is that of the head; else its values are rounded, too
   */
  constructor(layers: readonly Layer[], isWhole: boolean) {
    this.#rows = this.#take(BLOCK_ROWS * layers[0]!.inputs);
    this.#layers = layers.map(({ inputs, outputs, activation }, i) => ({
      activation,
      inputs,
      padded: padded(outputs),
      isHidden: !isWhole || i < layers.length - 1,
      weights: this.#take(inputs * padded(outputs)),
      bias: this.#take(padded(outputs)),
      values: this.#take(BLOCK_ROWS * padded(outputs)),
    }));
    this.#kernel.reserve(this.#end);
    for (const [i, layer] of layers.entries()) this.#lay(this.#layers[i]!, layer);
  }

  /** Room for so many values. */
  #take(count: number): number {
    const start = ALIGNMENT_BYTES * Math.ceil(this.#end / ALIGNMENT_BYTES);
    this.#end = start + count * BYTES;
    return start;
  }

  #view(start: number, count: number): Float64Array {
    return new Float64Array(this.#kernel.memory.buffer, start, count);
  }

  /** Weights go by groups of four outputs: the four of the first input, then those of the second. */
  #lay({ weights, bias, padded: width }: LaidLayer, layer: Layer): void {
    const { inputs, outputs } = layer;
    const laid = this.#view(weights, inputs * width);
    for (let o = 0; o < outputs; o++) {
      const group = (o - (o % GROUP)) * inputs + (o % GROUP);
      for (let i = 0; i < inputs; i++) laid[group + i * GROUP] = layer.weights[o * inputs + i]!;
    }
    this.#view(bias, width).set(layer.bias);
  }

  /** Where the first `count` rows' values go, f64(count x inputs of the first layer); at most BLOCK_ROWS. */
  rows(count: number): Float64Array {
    return this.#view(this.#rows, count * this.#layers[0]!.inputs);
  }

  /** Where the first `count` rows' values of a layer go that other means give: before its activation. */
  valuesOf(layer: number, count: number): LayerValues {
    const { values, padded: stride } = this.#layers[layer]!;
    return { values: this.#view(values, count * stride), stride };
  }

  /**
   * What the last layer gives for the first `count` of the rows; valid until the next run.
   *
   * @param given how many layers have their products already, in `valuesOf` the last of them
   */
  run(count: number, given = 0): LayerValues {
    const taken = padded(count);
    for (const [i, layer] of this.#layers.entries()) {
      if (i < given - 1) continue;
      if (i >= given) this.#multiply(layer, this.#layers[i - 1], taken);
      this.#activate(layer, taken);
    }
    return this.valuesOf(this.#layers.length - 1, count);
  }

  #multiply(
    { inputs, padded: width, weights, bias, values }: LaidLayer,
    before: LaidLayer | undefined,
    count: number,
  ): void {
    const rowBytes = (before?.padded ?? inputs) * BYTES;
    this.#kernel.layer(before?.values ?? this.#rows, rowBytes, count, weights, bias, inputs, width, values);
  }

  #activate({ activation, padded: width, isHidden, values }: LaidLayer, count: number): void {
    if (activation !== 'none') this.#kernel[activation](values, count * width);
    if (isHidden) this.#kernel.shorten(values, count * width);
  }
}
