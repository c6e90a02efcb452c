// MurmurHash3_x64_128 (Austin Appleby, public domain), seed 0, low 64 bits, over a batch of byte strings.
// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts.

const C1: u64 = 0x87c37b91114253d5;
const C2: u64 = 0x4cf5ad432745937f;

@inline
function fmix64(k: u64): u64 {
  k ^= k >> 33;
  k *= 0xff51afd7ed558ccd;
  k ^= k >> 33;
  k *= 0xc4ceb9fe1a85ec53;
  return k ^ (k >> 33);
}

/** Up to eight bytes, little endian; what is past `count` is zero. */
function loadTail(pointer: usize, count: u32): u64 {
  let word: u64 = 0;
  for (let i: u32 = 0; i < count; i++) word |= <u64>load<u8>(pointer + i) << (i << 3);
  return word;
}

function hashOne(pointer: usize, byteLength: u32): u64 {
  let h1: u64 = 0;
  let h2: u64 = 0;
  const tail = pointer + (byteLength & ~15);
  for (; pointer < tail; pointer += 16) {
    h1 ^= rotl<u64>(load<u64>(pointer) * C1, 31) * C2;
    h1 = (rotl<u64>(h1, 27) + h2) * 5 + 0x52dce729;
    h2 ^= rotl<u64>(load<u64>(pointer, 8) * C2, 33) * C1;
    h2 = (rotl<u64>(h2, 31) + h1) * 5 + 0x38495ab5;
  }
  const rest = byteLength & 15;
  if (rest > 8) h2 ^= rotl<u64>(loadTail(tail + 8, rest - 8) * C2, 33) * C1;
  if (rest > 0) h1 ^= rotl<u64>(loadTail(tail, min<u32>(rest, 8)) * C1, 31) * C2;
  h1 ^= byteLength;
  h2 ^= byteLength;
  h1 += h2;
  h2 += h1;
  return fmix64(h1) + fmix64(h2);
}

/**
 * Hashes `count` strings. String i is the bytes from `ends[i - 1]` (0 for the first) to `ends[i]`, counted from `bytes`.
 * Writes one i64 each to `hashes`.
 */
export function hashBatch(bytes: usize, ends: usize, hashes: usize, count: u32): void {
  let start: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const end = load<u32>(ends + (i << 2));
    store<u64>(hashes + (i << 3), hashOne(bytes + start, end - start));
    start = end;
  }
}

/** Makes sure that the memory holds `byteLength` bytes. */
export function reserve(byteLength: usize): void {
  const missing = <i32>((byteLength + 0xffff) >> 16) - memory.size();
  if (missing > 0) memory.grow(missing);
}

/** The first address that is free. */
export function heapBase(): usize {
  return __heap_base;
}
