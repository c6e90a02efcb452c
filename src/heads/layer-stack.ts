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
type PartSums = (
  ...args: [
    values: number,
    rowBytes: number,
    count: number,
    weights: number,
    parts: number,
    width: number,
    sums: number,
  ]
) => void;
type EachValue = 'relu' | 'silu' | 'hiddenNone' | 'hiddenRelu' | 'hiddenSilu';

/** What kernels/layers.ts exports, which takes addresses and counts. */
type LayersKernel = KernelMemory & {
  readonly layer: LayerProducts;
  readonly partSums: PartSums;
} & Readonly<Record<EachValue, (values: number, count: number) => void>>;

/** What follows a layer, and what follows one whose values go on: these are rounded to 29 bits. */
const AT_THE_END = { none: undefined, relu: 'relu', silu: 'silu' } as const;
const HIDDEN = { none: 'hiddenNone', relu: 'hiddenRelu', silu: 'hiddenSilu' } as const;

/** What the last layer's values are summed by: `count` parts of them that lie one after the other, each with weights of its own. */
export interface Parts {
  readonly count: number;
  /** float64(count x width of a part). */
  readonly weights: Float64Array;
}

/** A layer in the kernel's memory. */
interface LaidLayer {
  readonly inputs: number;
  /** Outputs, filled up to a multiple of four by such that are 0. */
  readonly padded: number;
  readonly followedBy: EachValue | undefined;
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

/** Values for some rows: of row r from r x `stride` on. */
export interface LayerValues {
  readonly values: Float64Array;
  readonly stride: number;
}

/**
 * Dense layers, one after the other, in float64, in a WebAssembly memory of their own. A row's values do not depend on the other rows, to
 * the last bit, and are the same on every machine. What goes from one layer to the next, or into the sums of parts, is rounded to 29 bits.
 */
export class LayerStack {
  readonly #kernel: LayersKernel = instantiateKernel<LayersKernel>(layersKernelBase64);
  readonly #layers: readonly LaidLayer[];
  readonly #parts: { readonly count: number; readonly width: number; readonly weights: number } | undefined;
  readonly #rows: number;
  readonly #sums: number;
  #end = this.#kernel.heapBase();

  /**
   * @param layers at least one
   * @param parts where given, the last layer's values are hidden ones, and what comes out are the sums of their parts
   */
  constructor(layers: readonly Layer[], parts?: Parts) {
    const { length } = layers;
    this.#rows = this.#take(BLOCK_ROWS * layers[0]!.inputs);
    this.#layers = layers.map(({ inputs, outputs, activation }, i) => ({
      inputs,
      padded: padded(outputs),
      followedBy: (parts || i < length - 1 ? HIDDEN : AT_THE_END)[activation],
      weights: this.#take(inputs * padded(outputs)),
      bias: this.#take(padded(outputs)),
      values: this.#take(BLOCK_ROWS * padded(outputs)),
    }));
    this.#parts = parts && {
      ...{ count: parts.count, width: parts.weights.length / parts.count },
      weights: this.#take(parts.weights.length),
    };
    this.#sums = this.#take(BLOCK_ROWS * (parts?.count ?? 0));
    this.#kernel.reserve(this.#end);
    for (const [i, layer] of layers.entries()) this.#lay(this.#layers[i]!, layer);
    if (parts) this.view(this.#parts!.weights, parts.weights.length).set(parts.weights);
  }

  /** Room for so many values. */
  #take(count: number): number {
    const start = ALIGNMENT_BYTES * Math.ceil(this.#end / ALIGNMENT_BYTES);
    this.#end = start + count * BYTES;
    return start;
  }

  /** Weights go by groups of four outputs: the four of the first input, then those of the second. */
  #lay({ weights, bias, padded: width }: LaidLayer, layer: Layer): void {
    const { inputs, outputs } = layer;
    const laid = this.view(weights, inputs * width);
    for (let o = 0; o < outputs; o++) {
      const group = (o - (o % GROUP)) * inputs + (o % GROUP);
      for (let i = 0; i < inputs; i++) laid[group + i * GROUP] = layer.weights[o * inputs + i]!;
    }
    this.view(bias, width).set(layer.bias);
  }

  /** More room for values in the kernel's memory, which is moved by it: views end. @returns where it begins */
  addRoom(count: number): number {
    const start = this.#take(count);
    this.#kernel.reserve(this.#end);
    return start;
  }

  /** Values in the kernel's memory; until more room is added. */
  view(start: number, count: number): Float64Array {
    return new Float64Array(this.#kernel.memory.buffer, start, count);
  }

  /** Where the first `count` rows' values go, f64(count x inputs of the first layer); at most BLOCK_ROWS. */
  rows(count: number): Float64Array {
    return this.view(this.#rows, count * this.#layers[0]!.inputs);
  }

  /** What comes out for the first `count` of the rows; valid until the next run. */
  run(count: number): LayerValues {
    return this.#runFrom(0, this.#rows, count);
  }

  /**
   * The same for rows of which other means gave the products of the first `given` layers.
   *
   * @param given at least one
   * @param products where those of the last of them lie, before its activation, f64(`count` up to a multiple of four x padded outputs)
   */
  runGiven(given: number, products: number, count: number): LayerValues {
    this.activate(given - 1, products, count);
    return this.#runFrom(given, products, count);
  }

  /** Makes values of a layer's products, where they lie: as in `runGiven`, of any number of rows. */
  activate(layer: number, products: number, count: number): void {
    const { followedBy, padded: width } = this.#layers[layer]!;
    if (followedBy) this.#kernel[followedBy](products, padded(count) * width);
  }

  #runFrom(first: number, values: number, count: number): LayerValues {
    const taken = padded(count);
    let [from, stride] = [values, this.#layers[first - 1]?.padded ?? this.#layers[0]!.inputs];
    for (let i = first; i < this.#layers.length; i++) {
      const layer = this.#layers[i]!;
      const { weights, bias, inputs, padded: outputs } = layer;
      this.#kernel.layer(from, stride * BYTES, taken, weights, bias, inputs, outputs, layer.values);
      this.activate(i, layer.values, count);
      [from, stride] = [layer.values, outputs];
    }
    if (this.#parts) {
      const { weights, count: parts, width } = this.#parts;
      this.#kernel.partSums(from, stride * BYTES, taken, weights, parts, width, this.#sums);
      [from, stride] = [this.#sums, parts];
    }
    return { values: this.view(from, count * stride), stride };
  }
}
