import { type CategoricalColumns, encodeCategories } from './categories.ts';
import { BLOCK_ROWS, LayerStack, type LayerValues, type Parts } from './layer-stack.ts';
import type { Layer } from './layers.ts';
import { MOST_ROWS, openWideProducts, type WideProducts } from './wide-products.ts';

/** What a pass is made for. */
interface PassOptions {
  /** What sums the last layer's values, where it is not that of the head. */
  readonly parts?: Parts | undefined;
  /** Where there are some, the embeddings are rounded to float16 first. */
  readonly columns?: CategoricalColumns | undefined;
}

/** Gets what comes out, float64(rows x outputs of the last layer, or x parts), of some rows from `first` on; they are valid until it returns. */
type TakeValues = (values: Float64Array, first: number) => void;

/** Products after which the start of onnxruntime has been worth it: some tenth of a second of the kernel's. */
const MANY_PRODUCTS = 2 ** 28;

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
  /** Ends once the runs by onnxruntime end that were asked for: their room is theirs one after the other. */
  #busy: Promise<unknown> = Promise.resolve();
  #wide: Promise<WideProducts | undefined> | undefined;
  #askedProducts = 0;

  /** @param layers at least one */
  constructor(layers: readonly Layer[], options: PassOptions = {}) {
    this.#layers = layers;
    this.#options = options;
    this.#dimension = layers[0]!.inputs;
    this.#outputs = options.parts?.count ?? layers.at(-1)!.outputs;
    this.#products = layers.reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
  }

  /** @throws RangeError where the values are not `count` embeddings */
  run(embeddings: Float32Array, count: number, take: TakeValues): void {
    checkSize(embeddings, count, this.#dimension);
    for (const { first, rows, inputs } of this.#blocks(embeddings, count, BLOCK_ROWS))
      this.#hand(this.#room.run(inputs, rows), first, take);
  }

  /**
   * The same, bit for bit, by onnxruntime where many rows have been asked for and it gives these bits.
   *
   * @throws RangeError where the values are not `count` embeddings
   */
  async runMany(embeddings: Float32Array, count: number, take: TakeValues): Promise<void> {
    checkSize(embeddings, count, this.#dimension);
    this.#askedProducts += count * this.#products;
    if (this.#askedProducts >= MANY_PRODUCTS) this.#wide ??= openWideProducts(this.#layers, this.#room);
    const wide = await this.#wide;
    if (!wide) {
      this.run(embeddings, count, take);
      return;
    }
    const run = this.#busy.then(() => this.#runWide(wide, this.#blocks(embeddings, count, MOST_ROWS), take));
    this.#busy = run.catch(() => undefined);
    await run;
  }

  async #runWide(
    { outputs, run }: WideProducts,
    blocks: Iterable<BlockOfRows>,
    take: TakeValues,
  ): Promise<void> {
    let works = true;
    for (const { first, rows, inputs } of blocks) {
      const products: number | undefined = works ? await run(inputs, rows).catch(() => undefined) : undefined;
      works = products !== undefined;
      // It fails where it worked before, for want of memory, say: the kernel goes on with the same bits.
      if (!works) this.#wide = Promise.resolve(undefined);
      const width = inputs.length / rows;
      for (let from = 0; from < rows; from += BLOCK_ROWS) {
        const count = Math.min(BLOCK_ROWS, rows - from);
        const values =
          products === undefined
            ? this.#room.run(inputs.subarray(from * width, (from + count) * width), count)
            : this.#room.runOn(products + from * outputs * Float32Array.BYTES_PER_ELEMENT, count);
        this.#hand(values, first + from, take);
      }
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
    this.#stack ??= new LayerStack(this.#layers, this.#options.parts);
    return this.#stack;
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

/** @throws RangeError where the values are not so many embeddings */
export function checkSize(embeddings: Float32Array, count: number, dimension: number): void {
  if (embeddings.length !== count * dimension) {
    throw new RangeError(
      `${embeddings.length} values are not ${count} embeddings of ${dimension} dimensions`,
    );
  }
}
