import { instantiateKernel, type KernelMemory } from '../base/wasm.ts';
import { resizeKernelBase64 } from './resize-kernel.generated.ts';
import type { Taps } from './resize-taps.ts';

/** What kernels/resize.ts exports, which takes numbers alone; all addresses are byte offsets into its memory. */
interface ResizeKernel extends KernelMemory {
  readonly resampleRgbRows: RowPass;
  readonly resampleRgbaRows: RowPass;
  readonly resampleColumns: ColumnPass;
  premultiply(pixels: number, count: number): void;
}

type RowPass = (
  ...args: [
    source: number,
    sourceStride: number,
    rows: number,
    starts: number,
    weights: number,
    groups: number,
    columns: number,
    target: number,
    targetStride: number,
  ]
) => void;

type ColumnPass = (
  ...args: [
    source: number,
    sourceStride: number,
    rowBytes: number,
    starts: number,
    weights: number,
    groups: number,
    rows: number,
    target: number,
  ]
) => void;

/** All places in the kernel's memory are multiples of it. */
export const ALIGNMENT_BYTES = 16;

/** One for all resizes of a process: each lays its memory out anew, and has copied its result when it returns. */
export const kernel = instantiateKernel<ResizeKernel>(resizeKernelBase64);

/** The taps of a pass, and where in the kernel's memory they go. */
export interface PlacedTaps extends Taps {
  readonly startsAt: number;
  readonly weightsAt: number;
}

/** Gives out places in the kernel's memory, from its start on. */
export class KernelLayout {
  #free = kernel.heapBase();

  place(byteLength: number): number {
    const address = Math.ceil(this.#free / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    this.#free = address + byteLength;
    return address;
  }

  placeTaps(taps: Taps): PlacedTaps {
    const startsAt = this.place(taps.starts.byteLength);
    return { ...taps, startsAt, weightsAt: this.place(taps.weights.byteLength) };
  }

  /** Makes the memory large enough for all of them. */
  reserve(): void {
    kernel.reserve(this.#free);
  }
}

/** Brings taps to their places, as offsets from the first line that they need, of `stride` bytes each. */
export function writeTaps(taps: PlacedTaps, stride: number): void {
  const starts = new Int32Array(kernel.memory.buffer, taps.startsAt, taps.starts.length);
  for (let i = 0; i < starts.length; i++) starts[i] = (taps.starts[i]! - taps.first) * stride;
  new Int16Array(kernel.memory.buffer, taps.weightsAt, taps.weights.length).set(taps.weights);
}
