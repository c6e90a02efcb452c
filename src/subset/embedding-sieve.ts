import { instantiateKernel, type KernelMemory } from '../base/wasm.ts';
import { principalAxes } from './principal-axes.ts';
import { sieveKernelBase64 } from './sieve-kernel.generated.ts';

/** What kernels/sieve.ts exports, which takes addresses and counts. */
interface SieveKernel extends KernelMemory {
  sift(points: number, count: number, query: number, limit: number, found: number): number;
}

const AXES = 32;
const LANES = 4;
const FLOAT32_BYTES = 4;
const POINT_BYTES = AXES * FLOAT32_BYTES;
const GROUP_FLOATS = LANES * AXES;
const ALIGNMENT_BYTES = 64;
/** Added to squared distances of at most 1: more than rounding to float32 can take from them. */
const ROUNDING = 1e-4;

/** Of each vector: its coordinates, and its number where it is found. */
export const SIEVE_BYTES: number = POINT_BYTES + FLOAT32_BYTES;

/**
 * Vectors of length 1, by their coordinates along the 32 directions in which a sample of them differs most. Two vectors lie at least as far
 * from each other as these coordinates do, whatever the directions: so whoever looks only at those that `mayBeNear` gives
 * misses none. The sample decides how many these are, not which vectors are near.
 */
export class EmbeddingSieve {
  readonly #kernel = instantiateKernel<SieveKernel>(sieveKernelBase64);
  readonly #axes: readonly Float64Array[];
  readonly #dimension: number;
  readonly #limit: number;
  readonly #query: number;
  readonly #found: number;
  readonly #points: number;
  #count = 0;

  /**
   * @param cosine of vectors that are near
   * @param sample float32 (count, dimension)
   * @param capacity vectors that are going to be added at most
   */
  constructor(cosine: number, sample: Float32Array, dimension: number, capacity: number) {
    this.#dimension = dimension;
    this.#axes = principalAxes(sample, dimension, AXES);
    this.#limit = 2 - 2 * cosine + ROUNDING;
    const start = this.#kernel.heapBase();
    this.#query = Math.ceil(start / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    this.#points = this.#query + GROUP_FLOATS * FLOAT32_BYTES;
    this.#found = this.#points + (capacity + LANES) * POINT_BYTES;
    this.#kernel.reserve(this.#found + (capacity + LANES) * FLOAT32_BYTES);
  }

  add(vector: Float32Array): void {
    const group = this.#points + Math.floor(this.#count / LANES) * GROUP_FLOATS * FLOAT32_BYTES;
    const coordinates = new Float32Array(this.#kernel.memory.buffer, group, GROUP_FLOATS);
    for (const [i, axis] of this.#axes.entries())
      coordinates[LANES * i + (this.#count % LANES)] = this.#along(axis, vector);
    this.#count++;
  }

  /** The numbers of those vectors, in the order of `add` from 0, that may be near to one; gone with the next call. */
  mayBeNear(vector: Float32Array): Uint32Array {
    const { buffer } = this.#kernel.memory;
    const query = new Float32Array(buffer, this.#query, GROUP_FLOATS);
    for (const [i, axis] of this.#axes.entries())
      query.fill(this.#along(axis, vector), LANES * i, LANES * (i + 1));
    const found = this.#kernel.sift(this.#points, this.#count, this.#query, this.#limit, this.#found);
    return new Uint32Array(buffer, this.#found, found);
  }

  clear(): void {
    this.#count = 0;
  }

  #along(axis: Float64Array, vector: Float32Array): number {
    let sum = 0;
    for (let i = 0; i < this.#dimension; i++) sum += axis[i]! * vector[i]!;
    return sum;
  }
}
