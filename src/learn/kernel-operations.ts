import { instantiateKernel, type KernelMemory } from '../base/wasm.ts';
import type {
  Activation,
  Dropping,
  GradientParts,
  LayerOperations,
  TrainedLayer,
} from './layer-operations.ts';
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
      room: number,
    ]
  ): void;
  activate(
    ...addresses: [sums: number, biases: number, count: number, width: number, values: number, slopes: number]
  ): void;
  spreadDeltas(
    ...addresses: [
      scoreDeltas: number,
      last: number,
      slopes: number,
      count: number,
      width: number,
      deltas: number,
    ]
  ): void;
  drop(values: number, ...settings: [count: number, state: number, below: number, scale: number]): void;
}

const TWO_32 = 2 ** 32;

/** Of numbers of 32 bits, as large a share are below this. */
function dropBelow(share: number): number {
  return Math.ceil(share * TWO_32);
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

  activate({ sums, biases, count, width, values, slopes }: Activation): void {
    const results = [values.byteOffset, slopes.byteOffset] as const;
    this.#kernel.activate(sums.byteOffset, biases.byteOffset, count, width, ...results);
  }

  spreadDeltas(
    { slopes, count, width }: Activation,
    { scoreDeltas, last }: { readonly scoreDeltas: Float32Array; readonly last: Float32Array },
    deltas: Float32Array,
  ): void {
    const from = [scoreDeltas.byteOffset, last.byteOffset, slopes.byteOffset] as const;
    this.#kernel.spreadDeltas(...from, count, width, deltas.byteOffset);
  }

  drop(values: Float32Array, { state, share }: Dropping): void {
    const { byteOffset, length } = values;
    this.#kernel.drop(byteOffset, length, state.byteOffset, dropBelow(share), 1 / (1 - share));
  }

  update(layer: TrainedLayer, { rows, deltas, count, room }: GradientParts, rates: Float32Array): void {
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
      room.byteOffset,
    );
  }
}
