import { instantiateKernel, type KernelMemory } from '../base/wasm.ts';
import type { GradientParts, LayerOperations, TrainedLayer } from './layer-operations.ts';
import { trainingKernelBase64 } from './training-kernel.generated.ts';

/** What kernels/training.ts exports, which takes addresses and counts. */
interface TrainingKernel extends KernelMemory {
  forward(
    ...addresses: [
      weights: number,
      rows: number,
      count: number,
      inputs: number,
      outputs: number,
      results: number,
    ]
  ): void;
  update(
    ...addresses: [
      weights: number,
      means: number,
      squares: number,
      rows: number,
      deltas: number,
      count: number,
      inputs: number,
      outputs: number,
      rates: number,
    ]
  ): void;
}

const ALIGNMENT_BYTES = 64;
const FLOAT32_BYTES = 4;

/** The operations in WebAssembly SIMD, in a memory of their own. */
export class KernelOperations implements LayerOperations {
  readonly #kernel = instantiateKernel<TrainingKernel>(trainingKernelBase64);
  readonly #end: number;
  #free: number;

  /** @param lengths of all arrays that are going to be asked for: a memory that grows would leave them behind */
  constructor(lengths: readonly number[]) {
    const bytes = lengths.reduce((sum, length) => sum + FLOAT32_BYTES * length + ALIGNMENT_BYTES, 0);
    this.#free = this.#kernel.heapBase();
    this.#end = this.#free + bytes;
    this.#kernel.reserve(this.#end);
  }

  allocate(length: number): Float32Array {
    const start = Math.ceil(this.#free / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    this.#free = start + FLOAT32_BYTES * length;
    if (this.#free > this.#end) throw new RangeError('more is asked for than was reserved');
    return new Float32Array(this.#kernel.memory.buffer, start, length);
  }

  forward(
    { weights, inputs, outputs }: TrainedLayer,
    rows: Float32Array,
    count: number,
    results: Float32Array,
  ): void {
    this.#kernel.forward(weights.byteOffset, rows.byteOffset, count, inputs, outputs, results.byteOffset);
  }

  update(layer: TrainedLayer, { rows, deltas, count }: GradientParts, rates: Float32Array): void {
    const { weights, means, squares, inputs, outputs } = layer;
    this.#kernel.update(
      weights.byteOffset,
      means.byteOffset,
      squares.byteOffset,
      rows.byteOffset,
      deltas.byteOffset,
      count,
      inputs,
      outputs,
      rates.byteOffset,
    );
  }
}
