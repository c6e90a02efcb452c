import { type CategoricalColumns, encodeCategories } from './categories.ts';
import { BLOCK_ROWS, LayerStack, type LayerValues } from './layer-stack.ts';
import type { Layer } from './layers.ts';
import { openWideProducts, type WideProducts } from './wide-products.ts';

/** What a pass is made for. */
interface PassOptions {
  /** Whether the last layer is that of the head. */
  readonly isWhole: boolean;
  /** Where there are some, the embeddings are rounded to float16 first. */
  readonly columns?: CategoricalColumns | undefined;
}

/** Gets the last layer's values, float64(rows x outputs), of some rows from `first` on; they are valid until it returns. */
type TakeValues = (values: Float64Array, first: number) => void;

/** Rows that onnxruntime takes at a time: it lays the weights out anew for each such block. */
const MANY_ROWS = 8 * BLOCK_ROWS;
/** Products after which the start of onnxruntime has been worth it: a fifth of a second of the kernel's. */
const MANY_PRODUCTS = 2 ** 31;

/** Some of the rows that were given, as the first layer takes them. */
interface BlockOfRows {
  readonly first: number;
  readonly rows: number;
  readonly inputs: Float32Array;
}

/** Runs embeddings through layers, and hands on what the last one gives. Room for the layers is made at the first call. */
export class ForwardPass {
  readonly #layers: readonly Layer[];
  readonly #options: PassOptions;
  readonly #dimension: number;
  readonly #outputs: number;
  /** Of all layers, for one row. */
  readonly #products: number;
  #stack: LayerStack | undefined;
  #wide: Promise<WideProducts | undefined> | undefined;
  #askedProducts = 0;

  /** @param layers at least one */
  constructor(layers: readonly Layer[], options: PassOptions) {
    this.#layers = layers;
    this.#options = options;
    this.#dimension = layers[0]!.inputs;
    this.#outputs = layers.at(-1)!.outputs;
    this.#products = layers.reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
  }

  /** @throws RangeError where the values are not `count` embeddings */
  run(embeddings: Float32Array, count: number, take: TakeValues): void {
    checkSize(embeddings, count, this.#dimension);
    for (const { first, rows, inputs } of this.#blocks(embeddings, count, BLOCK_ROWS))
      this.#hand(this.#run(inputs, rows), first, take);
  }

  /**
   * The same, bit for bit, by onnxruntime where many rows have been asked for and it gives these bits.
   *
   * @throws RangeError where the values are not `count` embeddings
   */
  async runMany(embeddings: Float32Array, count: number, take: TakeValues): Promise<void> {
    checkSize(embeddings, count, this.#dimension);
    this.#askedProducts += count * this.#products;
    if (this.#askedProducts >= MANY_PRODUCTS) this.#wide ??= openWideProducts(this.#layers);
    const wide = await this.#wide;
    if (!wide) {
      this.run(embeddings, count, take);
      return;
    }
    // Not in the kernel's memory, which others may use while this waits.
    const products = new Float64Array(Math.min(count, MANY_ROWS) * wide.outputs);
    for (const block of this.#blocks(embeddings, count, MANY_ROWS)) {
      const { first, rows, inputs } = block;
      // onnxruntime's ReLU may make a number of NaN.
      if (areFinite(inputs)) {
        await wide.run(inputs, rows, products);
        this.#takeGiven(wide, products, block, take);
      } else
        this.run(
          embeddings.subarray(first * this.#dimension, (first + rows) * this.#dimension),
          rows,
          (values, from) => take(values, first + from),
        );
    }
  }

  *#blocks(embeddings: Float32Array, count: number, most: number): Generator<BlockOfRows> {
    const { columns } = this.#options;
    for (let first = 0; first < count; first += most) {
      const rows = Math.min(most, count - first);
      const taken = embeddings.subarray(first * this.#dimension, (first + rows) * this.#dimension);
      // Values of float16 and small whole numbers: float32 holds them.
      const inputs = columns ? Float32Array.from(encodeCategories(columns, taken, this.#dimension)) : taken;
      yield { first, rows, inputs };
    }
  }

  get #room(): LayerStack {
    this.#stack ??= new LayerStack(this.#layers, this.#options.isWhole);
    return this.#stack;
  }

  #run(inputs: Float32Array, rows: number): LayerValues {
    this.#room.rows(rows).set(inputs);
    return this.#room.run(rows);
  }

  #takeGiven(
    { layers, outputs }: WideProducts,
    products: Float64Array,
    { first, rows }: BlockOfRows,
    take: TakeValues,
  ): void {
    for (let from = 0; from < rows; from += BLOCK_ROWS) {
      const some = Math.min(BLOCK_ROWS, rows - from);
      const given = products.subarray(from * outputs, (from + some) * outputs);
      this.#room.valuesOf(layers - 1, some).values.set(given);
      this.#hand(this.#room.run(some, layers), first + from, take);
    }
  }

  #hand({ values, stride }: LayerValues, first: number, take: TakeValues): void {
    take(stride === this.#outputs ? values : withoutPadding(values, stride, this.#outputs), first);
  }
}

function withoutPadding(values: Float64Array, stride: number, outputs: number): Float64Array {
  const rows = values.length / stride;
  const packed = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++)
    packed.set(values.subarray(row * stride, row * stride + outputs), row * outputs);
  return packed;
}

/** Four sums, so that additions need not wait for each other: of zeros, where all values are finite. */
function areFinite(values: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += values[i]! * 0;
    b += values[i + 1]! * 0;
    c += values[i + 2]! * 0;
    d += values[i + 3]! * 0;
  }
  for (let i = whole; i < values.length; i++) a += values[i]! * 0;
  return a + b + c + d === 0;
}

/** @throws RangeError where the values are not so many embeddings */
export function checkSize(embeddings: Float32Array, count: number, dimension: number): void {
  if (embeddings.length !== count * dimension) {
    throw new RangeError(
      `${embeddings.length} values are not ${count} embeddings of ${dimension} dimensions`,
    );
  }
}
