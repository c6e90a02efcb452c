import { instantiateKernel, type KernelMemory } from '../base/wasm.ts';
import type { Activation, Layer } from './layers.ts';
import { layersKernelBase64 } from './layers-kernel.generated.ts';
import { GROUP, singleLayers } from './single-layers.ts';

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
type InPlace = 'relu' | 'silu' | 'singleRelu' | 'singleSilu';
type Widening = 'widenedNone' | 'widenedRelu' | 'widenedSilu';

/** What kernels/layers.ts exports, which takes addresses and counts. */
type LayersKernel = KernelMemory & {
  readonly layer: LayerProducts;
  readonly singleLayer: LayerProducts;
  readonly partSums: PartSums;
} & Readonly<Record<InPlace, (values: number, count: number) => void>> &
  Readonly<Record<Widening, (values: number, count: number, target: number) => void>>;

/** What follows a layer: in float64, in float32, and where float64 begins. */
const DOUBLE = { none: undefined, relu: 'relu', silu: 'silu' } as const;
const SINGLE = { none: undefined, relu: 'singleRelu', silu: 'singleSilu' } as const;
const WIDENED = { none: 'widenedNone', relu: 'widenedRelu', silu: 'widenedSilu' } as const;

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
  readonly activation: Activation;
  readonly weights: number;
  readonly bias: number;
  /** Where its values go, f32 or f64(BLOCK_ROWS x padded). */
  readonly values: number;
}

const DOUBLE_BYTES = Float64Array.BYTES_PER_ELEMENT;
const SINGLE_BYTES = Float32Array.BYTES_PER_ELEMENT;
const ALIGNMENT_BYTES = 64;

/** The most rows that go through the layers at a time: they stay in a core's second-level cache. A multiple of four. */
export const BLOCK_ROWS = 64;

/** So many outputs, or rows, filled up to whole groups. */
export const padded = (count: number): number => GROUP * Math.ceil(count / GROUP);

/** The kernel takes rows in float32 by twos. */
const pairs = (count: number): number => count + (count % 2);

/** Values for some rows: of row r from r x `stride` on. */
export interface LayerValues {
  readonly values: Float64Array;
  readonly stride: number;
}

/**
 * Dense layers, one after the other, in a WebAssembly memory of their own: the first ones in float32 (single-layers.ts), the others in
 * float64. A row's values do not depend on the other rows, to the last bit, and are the same on every machine.
 */
export class LayerStack {
  readonly #kernel: LayersKernel = instantiateKernel<LayersKernel>(layersKernelBase64);
  readonly #layers: readonly LaidLayer[];
  readonly #parts: { readonly count: number; readonly width: number; readonly weights: number } | undefined;
  readonly #rows: number;
  /** Where the last of the layers in float32 has its values in float64, f64(BLOCK_ROWS x padded). */
  readonly #widened: number;
  readonly #sums: number;
  #end = this.#kernel.heapBase();

  /** How many of the layers are in float32. */
  readonly singles: number;

  /**
   * @param layers at least one
   * @param parts where given, what comes out are sums of parts of the last layer's values
   */
  constructor(layers: readonly Layer[], parts?: Parts) {
    this.singles = singleLayers(layers);
    this.#rows = this.#take(BLOCK_ROWS * layers[0]!.inputs, this.#bytesOf(0));
    this.#layers = layers.map(({ inputs, outputs, activation }, i) => ({
      ...{ inputs, padded: padded(outputs), activation },
      weights: this.#take(inputs * padded(outputs), this.#bytesOf(i)),
      bias: this.#take(padded(outputs), this.#bytesOf(i)),
      values: this.#take(BLOCK_ROWS * padded(outputs), this.#bytesOf(i)),
    }));
    this.#widened = this.#take(BLOCK_ROWS * (this.#layers[this.singles - 1]?.padded ?? 0), DOUBLE_BYTES);
    this.#parts = parts && {
      ...{ count: parts.count, width: parts.weights.length / parts.count },
      weights: this.#take(parts.weights.length, DOUBLE_BYTES),
    };
    this.#sums = this.#take(BLOCK_ROWS * (parts?.count ?? 0), DOUBLE_BYTES);
    this.#kernel.reserve(this.#end);
    for (const [i, layer] of layers.entries()) this.#lay(i, layer);
    if (parts) this.#doubles(this.#parts!.weights, parts.weights.length).set(parts.weights);
  }

  /** Bytes of each number of a layer. */
  #bytesOf(layer: number): number {
    return layer < this.singles ? SINGLE_BYTES : DOUBLE_BYTES;
  }

  /** Room for so many values. */
  #take(count: number, bytes: number): number {
    const start = ALIGNMENT_BYTES * Math.ceil(this.#end / ALIGNMENT_BYTES);
    this.#end = start + count * bytes;
    return start;
  }

  /** Weights go by groups of four outputs: the four of the first input, then those of the second. */
  #lay(index: number, { inputs, outputs, weights, bias }: Layer): void {
    const place = this.#layers[index]!;
    const laid = this.#numbers(index, place.weights, inputs * place.padded);
    for (let o = 0; o < outputs; o++) {
      const group = (o - (o % GROUP)) * inputs + (o % GROUP);
      for (let i = 0; i < inputs; i++) laid[group + i * GROUP] = weights[o * inputs + i]!;
    }
    this.#numbers(index, place.bias, place.padded).set(bias);
  }

  /** Those of a layer. */
  #numbers(layer: number, start: number, count: number): Float32Array | Float64Array {
    return layer < this.singles ? this.view(start, count) : this.#doubles(start, count);
  }

  #doubles(start: number, count: number): Float64Array {
    return new Float64Array(this.#kernel.memory.buffer, start, count);
  }

  /** More room for float32 values in the kernel's memory, which is moved by it: views end. @returns where it begins */
  addRoom(count: number): number {
    const start = this.#take(count, SINGLE_BYTES);
    this.#kernel.reserve(this.#end);
    return start;
  }

  /** float32 values in the kernel's memory; until more room is added. */
  view(start: number, count: number): Float32Array {
    return new Float32Array(this.#kernel.memory.buffer, start, count);
  }

  /** What comes out; valid until the next run. @param rows float32(count x inputs of the first layer), at most BLOCK_ROWS of them */
  run(rows: Float32Array, count: number): LayerValues {
    this.#numbers(0, this.#rows, rows.length).set(rows);
    return this.singles > 0
      ? this.runOn(this.#singleProducts(count), count)
      : this.#runFrom(0, this.#rows, count);
  }

  /**
   * The same for rows of which other means gave the products of all layers in float32.
   *
   * @param products where those of the last of them lie, before its activation, f32(`count` up to a multiple of four x outputs)
   */
  runOn(products: number, count: number): LayerValues {
    const { activation, padded: width } = this.#layers[this.singles - 1]!;
    this.#kernel[WIDENED[activation]](products, padded(count) * width, this.#widened);
    return this.#runFrom(this.singles, this.#widened, count);
  }

  /** Makes values of the products of a layer in float32, where they lie, for the next one: of any number of rows, up to a multiple of four. */
  activate(layer: number, products: number, count: number): void {
    const { activation, padded: width } = this.#layers[layer]!;
    const followedBy = SINGLE[activation];
    if (followedBy) this.#kernel[followedBy](products, padded(count) * width);
  }

  /** @returns where the products of the last layer in float32 lie */
  #singleProducts(count: number): number {
    let from = this.#rows;
    for (const [i, { weights, bias, inputs, padded: outputs, values }] of this.#layers
      .slice(0, this.singles)
      .entries()) {
      if (i > 0) this.activate(i - 1, from, count);
      const rowBytes = inputs * SINGLE_BYTES;
      this.#kernel.singleLayer(from, rowBytes, pairs(count), weights, bias, inputs, outputs, values);
      from = values;
    }
    return from;
  }

  /** The layers in float64 from this one on. @param values what goes into it */
  #runFrom(first: number, values: number, count: number): LayerValues {
    const taken = padded(count);
    let [from, stride] = [values, this.#layers[first - 1]?.padded ?? this.#layers[0]!.inputs];
    for (const layer of this.#layers.slice(first)) {
      const { weights, bias, inputs, padded: outputs } = layer;
      this.#kernel.layer(from, stride * DOUBLE_BYTES, taken, weights, bias, inputs, outputs, layer.values);
      const followedBy = DOUBLE[layer.activation];
      if (followedBy) this.#kernel[followedBy](layer.values, taken * outputs);
      [from, stride] = [layer.values, outputs];
    }
    if (this.#parts) {
      const { weights, count: parts, width } = this.#parts;
      this.#kernel.partSums(from, stride * DOUBLE_BYTES, taken, weights, parts, width, this.#sums);
      [from, stride] = [this.#sums, parts];
    }
    return { values: this.#doubles(from, count * stride), stride };
  }
}
