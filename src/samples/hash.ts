import { instantiateKernel, type KernelMemory } from '../base/wasm.ts';
import { murmur3KernelBase64 } from './murmur3-kernel.generated.ts';

/** What kernels/murmur3.ts exports. */
interface Murmur3Kernel extends KernelMemory {
  hashBatch(bytes: number, ends: number, hashes: number, count: number): void;
}

const ALIGNMENT_BYTES = 16;
/** Texts are hashed in runs of about this size, so that the kernel's memory stays small. */
const RUN_BYTES = 4 * 1024 * 1024;

const kernel = instantiateKernel<Murmur3Kernel>(murmur3KernelBase64);

/** Texts one after the other. */
export interface PackedTexts {
  /** UTF-8 */
  readonly bytes: Uint8Array;
  /** For each text where it ends in `bytes`; it starts where the one before ends. */
  readonly ends: Uint32Array;
}

/**
 * The sample hash of each text: murmur3_x64_128 with seed 0, its low 64 bits, signed. LAION's `hash` column.
 *
 * @param texts UTF-8 bytes of url + caption (null counts as ""), a leading byte order mark included
 * @returns one int64 per text, in order
 */
export function hashTexts(texts: readonly Uint8Array[]): BigInt64Array {
  const hashes = new BigInt64Array(texts.length);
  const lengthOf = (i: number): number => texts[i]!.length;
  forEachRun(texts.length, lengthOf, (from, to, runBytes) => {
    const run = reserveRun(to - from, runBytes);
    let end = 0;
    for (let i = from; i < to; i++) {
      run.bytes.set(texts[i]!, end);
      end += texts[i]!.length;
      run.ends[i - from] = end;
    }
    hashes.set(run.hash(), from);
  });
  return hashes;
}

/** Like `hashTexts`, of texts that lie in one piece. */
export function hashPacked({ bytes, ends }: PackedTexts): BigInt64Array {
  const hashes = new BigInt64Array(ends.length);
  const startOf = (i: number): number => (i === 0 ? 0 : ends[i - 1]!);
  const lengthOf = (i: number): number => ends[i]! - startOf(i);
  forEachRun(ends.length, lengthOf, (from, to, runBytes) => {
    const run = reserveRun(to - from, runBytes);
    const start = startOf(from);
    run.bytes.set(bytes.subarray(start, start + runBytes));
    for (let i = from; i < to; i++) run.ends[i - from] = ends[i]! - start;
    hashes.set(run.hash(), from);
  });
  return hashes;
}

/** Cuts texts into runs that the kernel's memory is made for; a longer text is one by itself. */
function forEachRun(
  count: number,
  lengthOf: (i: number) => number,
  work: (from: number, to: number, runBytes: number) => void,
): void {
  for (let from = 0; from < count; ) {
    let to = from;
    let runBytes = 0;
    while (to < count && (to === from || runBytes + lengthOf(to) <= RUN_BYTES)) runBytes += lengthOf(to++);
    work(from, to, runBytes);
    from = to;
  }
}

/** Places in the kernel's memory, to be filled, and what hashes them then. */
interface Run extends PackedTexts {
  hash(): BigInt64Array;
}

function reserveRun(count: number, totalBytes: number): Run {
  const hashesAt = align(kernel.heapBase());
  const endsAt = hashesAt + 8 * count;
  const bytesAt = align(endsAt + 4 * count);
  kernel.reserve(bytesAt + totalBytes);
  const { buffer } = kernel.memory;
  return {
    bytes: new Uint8Array(buffer, bytesAt, totalBytes),
    ends: new Uint32Array(buffer, endsAt, count),
    hash() {
      kernel.hashBatch(bytesAt, endsAt, hashesAt, count);
      return new BigInt64Array(buffer, hashesAt, count);
    },
  };
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}
