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

/**
 * The sample hash of each text: murmur3_x64_128 with seed 0, its low 64 bits, signed. LAION's `hash` column.
 *
 * @param texts UTF-8 bytes of url + caption (null counts as ""), a leading byte order mark included
 * @returns one int64 per text, in order
 */
export function hashTexts(texts: readonly Uint8Array[]): BigInt64Array {
  const hashes = new BigInt64Array(texts.length);
  for (let from = 0; from < texts.length; ) {
    const to = endOfRun(texts, from);
    hashes.set(hashRun(texts.slice(from, to)), from);
    from = to;
  }
  return hashes;
}

function endOfRun(texts: readonly Uint8Array[], from: number): number {
  let bytes = 0;
  let to = from;
  while (to < texts.length && (to === from || bytes + texts[to]!.length <= RUN_BYTES))
    bytes += texts[to++]!.length;
  return to;
}

function hashRun(texts: readonly Uint8Array[]): BigInt64Array {
  const count = texts.length;
  const hashesAt = align(kernel.heapBase());
  const endsAt = hashesAt + 8 * count;
  const bytesAt = align(endsAt + 4 * count);
  const totalBytes = texts.reduce((sum, text) => sum + text.length, 0);
  kernel.reserve(bytesAt + totalBytes);
  const memory = new Uint8Array(kernel.memory.buffer, bytesAt);
  const ends = new Uint32Array(kernel.memory.buffer, endsAt, count);
  let end = 0;
  for (let i = 0; i < count; i++) {
    memory.set(texts[i]!, end);
    end += texts[i]!.length;
    ends[i] = end;
  }
  kernel.hashBatch(bytesAt, endsAt, hashesAt, count);
  return new BigInt64Array(kernel.memory.buffer, hashesAt, count).slice();
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}
