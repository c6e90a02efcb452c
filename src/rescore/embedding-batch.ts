import { instantiateKernel, type KernelMemory } from '../base/wasm.ts';
import { embeddingsKernelBase64 } from './embeddings-kernel.generated.ts';
import type { EmbeddingType } from './npy-header.ts';

type RowScorer = (
  ...args: [
    rows: number,
    count: number,
    dimension: number,
    weights: number,
    weightsB: number,
    scores: number,
    scoresB: number,
    squares: number,
  ]
) => void;
type SumRows = (list: number, count: number, dimension: number, sums: number) => void;

/** What kernels/embeddings.ts exports, which takes numbers alone. */
interface EmbeddingsKernel extends KernelMemory {
  readonly scoreHalves: RowScorer;
  readonly scoreSingles: RowScorer;
  readonly sumHalves: SumRows;
  readonly sumSingles: SumRows;
  widen(halves: number, count: number, target: number): void;
  normalise(rows: number, count: number, dimension: number, limit: number): void;
}

/** What a batch is made for. */
export interface BatchOptions {
  readonly type: EmbeddingType;
  readonly dimension: number;
  /** The most rows that it holds. */
  readonly capacity: number;
  /** Weights of linear scores, float64[dimension] each. */
  readonly weights: readonly Float64Array[];
  /** Whether rows are brought to length 1 first. */
  readonly normalise: boolean;
  /** Whether `asSingles` is going to be asked for. */
  readonly wantSingles: boolean;
  /** Sums that rows can be added to. */
  readonly sumCount: number;
}

const ALIGNMENT_BYTES = 64;
/** How far past its end a row may be read or written: a group of eight float32 less one value. */
const SLACK_BYTES = 64;
/** Rows that the float16 sum takes at a time. */
const ROWS_PER_TILE = 4;
/** What float16 values that are not finite are at least, once widened. */
const FIRST_BEYOND_HALF = 65_536;

const BYTES = { float16: 2, float32: 4 } as const;

/**
 * Some rows of stored embeddings in a WebAssembly memory of their own: dot products, sums of squares and per-group
 * sums at the speed of the memory. Everything but the sums of squares is computed in float64.
 */
export class EmbeddingBatch {
  /** Where the next batch's bytes go, row by row. */
  readonly input: Uint8Array;
  /** float32(capacity), sum of squares of each row; of the rows as they are used, so after normalising. */
  readonly squares: Float32Array;
  /** For each set of weights float64(capacity): weights . row. */
  readonly products: readonly Float64Array[];
  readonly #kernel: EmbeddingsKernel;
  readonly #options: BatchOptions;
  readonly #paddedDimension: number;
  readonly #rows: number;
  readonly #singles: number;
  readonly #zeros: number;
  readonly #weights: number[];
  readonly #scores: number[];
  readonly #squares: number;
  readonly #list: number;
  readonly #sums: number;
  readonly #addresses: Uint32Array;

  constructor(options: BatchOptions) {
    const { type, dimension, capacity, weights, sumCount } = options;
    const kernel = instantiateKernel<EmbeddingsKernel>(embeddingsKernelBase64);
    let end = kernel.heapBase();
    const take = (bytes: number): number => {
      const start = Math.ceil(end / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
      end = start + bytes + SLACK_BYTES;
      return start;
    };
    const padded = 8 * Math.ceil(dimension / 8);
    this.#kernel = kernel;
    this.#options = options;
    this.#paddedDimension = padded;
    this.#rows = take(capacity * dimension * BYTES[type]);
    const widened = type === 'float16' && (options.normalise || options.wantSingles);
    this.#singles = widened ? take(capacity * dimension * 4) : this.#rows;
    this.#zeros = take(padded * 4);
    // The kernel measures rows while it scores them; without a linear head it scores with zeros.
    const sets = weights.length > 0 ? weights : [new Float64Array(dimension)];
    this.#weights = sets.map(() => take(padded * 8));
    this.#scores = sets.map(() => take(capacity * 8));
    this.#squares = take(capacity * 4);
    this.#list = take((capacity + ROWS_PER_TILE) * 4);
    this.#sums = take(sumCount * padded * 8);
    kernel.reserve(end);
    const { buffer } = kernel.memory;
    for (const [i, set] of sets.entries()) new Float64Array(buffer, this.#weights[i]!, dimension).set(set);
    this.input = new Uint8Array(buffer, this.#rows, capacity * dimension * BYTES[type]);
    this.squares = new Float32Array(buffer, this.#squares, capacity);
    this.products = weights.map((_, i) => new Float64Array(buffer, this.#scores[i]!, capacity));
    this.#addresses = new Uint32Array(buffer, this.#list, capacity + ROWS_PER_TILE);
  }

  /** Whether what is scored and summed is float32: the input's own, or normalised rows. */
  get #usesSingles(): boolean {
    return this.#options.type === 'float32' || this.#options.normalise;
  }

  /** The rows that are scored and summed. */
  get #used(): number {
    return this.#usesSingles ? this.#singles : this.#rows;
  }

  /** Fills `squares` and `products` for the first `count` rows of `input`. */
  score(count: number): void {
    const { dimension, normalise } = this.#options;
    if (normalise) this.#normalise(count);
    const scoreRows = this.#usesSingles ? this.#kernel.scoreSingles : this.#kernel.scoreHalves;
    for (let i = 0; i < this.#weights.length; i += 2) {
      const [weights, weightsB = 0] = this.#weights.slice(i);
      const [scores, scoresB = 0] = this.#scores.slice(i);
      scoreRows(this.#used, count, dimension, weights!, weightsB, scores!, scoresB, this.#squares);
    }
  }

  #normalise(count: number): void {
    const { type, dimension } = this.#options;
    const isHalf = type === 'float16';
    if (isHalf) this.#kernel.widen(this.#rows, count * dimension, this.#singles);
    const limit = isHalf ? FIRST_BEYOND_HALF : Number.POSITIVE_INFINITY;
    this.#kernel.normalise(this.#singles, count, dimension, limit);
  }

  /** Adds the rows with these indexes to a sum. float16 rows are added exactly, whatever their order. */
  add(rows: Uint32Array, count: number, sum: number): void {
    const { dimension } = this.#options;
    const rowBytes = dimension * (this.#usesSingles ? 4 : 2);
    for (let i = 0; i < count; i++) this.#addresses[i] = this.#used + rows[i]! * rowBytes;
    const target = this.#sums + sum * this.#paddedDimension * 8;
    if (this.#usesSingles) {
      this.#kernel.sumSingles(this.#list, count, dimension, target);
      return;
    }
    const tiled = ROWS_PER_TILE * Math.ceil(count / ROWS_PER_TILE);
    this.#addresses.fill(this.#zeros, count, tiled);
    this.#kernel.sumHalves(this.#list, tiled, dimension, target);
  }

  /** The sums, float64[dimension] each, which start from zero again. */
  takeSums(): Float64Array[] {
    const { sumCount, dimension } = this.#options;
    const { buffer } = this.#kernel.memory;
    return Array.from({ length: sumCount }, (_, i) => {
      const start = this.#sums + i * this.#paddedDimension * 8;
      const values = new Float64Array(buffer, start, this.#paddedDimension);
      const taken = values.slice(0, dimension);
      values.fill(0);
      return taken;
    });
  }

  /** The first `count` rows as float32 (count, dimension), after `score`; valid until the next one. */
  asSingles(count: number): Float32Array {
    const { dimension, wantSingles } = this.#options;
    if (!wantSingles) throw new RangeError('the batch was made without room for float32 rows');
    if (!this.#usesSingles) this.#kernel.widen(this.#rows, count * dimension, this.#singles);
    return new Float32Array(this.#kernel.memory.buffer, this.#singles, count * dimension);
  }

  /** Whether a row of `input` has a value that is not finite. */
  hasNonFinite(row: number): boolean {
    const { type, dimension } = this.#options;
    const { buffer } = this.#kernel.memory;
    const first = this.#rows + row * dimension * BYTES[type];
    if (type === 'float16') {
      return new Uint16Array(buffer, first, dimension).some((half) => (half & 0x7c00) === 0x7c00);
    }
    return !new Float32Array(buffer, first, dimension).every(Number.isFinite);
  }
}
