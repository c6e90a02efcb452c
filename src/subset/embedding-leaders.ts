import { EmbeddingSieve, SIEVE_BYTES } from './embedding-sieve.ts';
import type { Leaders } from './leaders.ts';

/** Dimensions that are summed before it is asked whether the rest can matter. */
const BLOCK = 64;
/** Float32 vectors of length 1 have it to this. */
const ROUNDING = 1e-6;
const FIRST_CAPACITY = 256;
/** So many tell the directions of the sieve; fewer are compared without one. */
const SAMPLE = 1024;
/** Vectors of fewer dimensions are compared as soon as they are sifted. */
const SIFTED_DIMENSION = 64;

/** A vector's dimensions are filled up to a multiple of this. */
export const VECTOR_ALIGNMENT = 4;

/**
 * Embeddings of length 1, each compared with all kept ones that a sieve does not rule out. A comparison ends early where it is settled: what
 * the first dimensions give and the most that the others can give, the product of their lengths (Cauchy-Schwarz), is less
 * than the cosine asked for. So none is missed.
 */
export class EmbeddingLeaders implements Leaders {
  /** The place of a row, then its vector, float32. */
  readonly words: number;
  readonly #cosine: number;
  readonly #dimension: number;
  readonly #blocks: number;
  readonly #capacity: number;
  #count = 0;
  #vectors: Float32Array;
  /** For each vector and block: the length of what comes after the block. */
  #rests: Float64Array;
  #sieve: EmbeddingSieve | undefined;

  /** @param dimension a multiple of VECTOR_ALIGNMENT */
  constructor(cosine: number, dimension: number, memoryBytes: number) {
    this.words = 2 + dimension;
    this.#cosine = cosine;
    this.#dimension = dimension;
    this.#blocks = Math.ceil(dimension / BLOCK);
    const vectorBytes = 4 * dimension + 8 * this.#blocks + SIEVE_BYTES;
    // Arrays that grow are there twice.
    this.#capacity = Math.max(FIRST_CAPACITY, 2 ** Math.floor(Math.log2(memoryBytes / vectorBytes / 1.5)));
    this.#vectors = new Float32Array(FIRST_CAPACITY * dimension);
    this.#rests = new Float64Array(FIRST_CAPACITY * this.#blocks);
  }

  get isFull(): boolean {
    return this.#count === this.#capacity;
  }

  isNear(records: Uint32Array, at: number): boolean {
    const vector = this.#vectorOf(records, at);
    const rests = restsOf(vector, this.#blocks);
    if (this.#sieve)
      return this.#sieve.mayBeNear(vector).some((leader) => this.#isNearTo(leader, vector, rests));
    for (let leader = 0; leader < this.#count; leader++)
      if (this.#isNearTo(leader, vector, rests)) return true;
    return false;
  }

  add(records: Uint32Array, at: number): void {
    const vector = this.#vectorOf(records, at);
    if (this.#count * this.#dimension === this.#vectors.length) this.#grow();
    this.#vectors.set(vector, this.#count * this.#dimension);
    this.#rests.set(restsOf(vector, this.#blocks), this.#count * this.#blocks);
    this.#count++;
    if (this.#sieve) this.#sieve.add(vector);
    else if (this.#count === SAMPLE && this.#dimension >= SIFTED_DIMENSION) this.#sieve = this.#makeSieve();
  }

  clear(): void {
    this.#count = 0;
    this.#sieve?.clear();
  }

  #makeSieve(): EmbeddingSieve {
    const dimension = this.#dimension;
    const vectors = this.#vectors.subarray(0, this.#count * dimension);
    const sieve = new EmbeddingSieve(this.#cosine, vectors, dimension, this.#capacity);
    for (let at = 0; at < vectors.length; at += dimension) sieve.add(vectors.subarray(at, at + dimension));
    return sieve;
  }

  #isNearTo(leader: number, vector: Float32Array, rests: Float64Array): boolean {
    const vectors = this.#vectors;
    const from = leader * this.#dimension;
    const least = this.#cosine - ROUNDING;
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let block = 0, i = 0; block < this.#blocks; block++) {
      const end = Math.min(i + BLOCK, this.#dimension);
      for (; i < end; i += 4) {
        a += vector[i]! * vectors[from + i]!;
        b += vector[i + 1]! * vectors[from + i + 1]!;
        c += vector[i + 2]! * vectors[from + i + 2]!;
        d += vector[i + 3]! * vectors[from + i + 3]!;
      }
      const most = a + b + c + d + rests[block]! * this.#rests[leader * this.#blocks + block]!;
      if (most < least) return false;
    }
    return a + b + c + d >= this.#cosine;
  }

  #vectorOf(records: Uint32Array, at: number): Float32Array {
    return new Float32Array(records.buffer, records.byteOffset + 4 * (at + 2), this.#dimension);
  }

  #grow(): void {
    const [vectors, rests] = [this.#vectors, this.#rests];
    this.#vectors = new Float32Array(2 * vectors.length);
    this.#vectors.set(vectors);
    this.#rests = new Float64Array(2 * rests.length);
    this.#rests.set(rests);
  }
}

/** The lengths of what comes after each block of dimensions. */
function restsOf(vector: Float32Array, blocks: number): Float64Array {
  const rests = new Float64Array(blocks);
  let sum = 0;
  for (let block = blocks - 1; block > 0; block--) {
    for (let i = block * BLOCK; i < Math.min((block + 1) * BLOCK, vector.length); i++) sum += vector[i]! ** 2;
    rests[block - 1] = Math.sqrt(sum);
  }
  return rests;
}
