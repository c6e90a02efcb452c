const MASK = (1n << 64n) - 1n;
const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;

const rotateLeft = (x: bigint, r: bigint): bigint => ((x << r) | (x >> (64n - r))) & MASK;
const mixK1 = (k: bigint): bigint => (rotateLeft((k * C1) & MASK, 31n) * C2) & MASK;
const mixK2 = (k: bigint): bigint => (rotateLeft((k * C2) & MASK, 33n) * C1) & MASK;

function finalMix(k: bigint): bigint {
  let x = k ^ (k >> 33n);
  x = (x * 0xff51afd7ed558ccdn) & MASK;
  x ^= x >> 33n;
  x = (x * 0xc4ceb9fe1a85ec53n) & MASK;
  return x ^ (x >> 33n);
}

/** murmur3_x64_128, seed 0, low 64 bits, signed: the slow oracle, written from the reference algorithm. */
export function murmur3LowBits(bytes: Uint8Array): bigint {
  const padded = Buffer.alloc(Math.ceil(bytes.length / 16) * 16);
  padded.set(bytes);
  const whole = bytes.length - (bytes.length % 16);
  let h1 = 0n;
  let h2 = 0n;
  for (let i = 0; i < whole; i += 16) {
    h1 ^= mixK1(padded.readBigUInt64LE(i));
    h1 = (((rotateLeft(h1, 27n) + h2) & MASK) * 5n + 0x52dce729n) & MASK;
    h2 ^= mixK2(padded.readBigUInt64LE(i + 8));
    h2 = (((rotateLeft(h2, 31n) + h1) & MASK) * 5n + 0x38495ab5n) & MASK;
  }
  if (whole < bytes.length) {
    h2 ^= mixK2(padded.readBigUInt64LE(whole + 8));
    h1 ^= mixK1(padded.readBigUInt64LE(whole));
  }
  h1 ^= BigInt(bytes.length);
  h2 ^= BigInt(bytes.length);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  return BigInt.asIntN(64, finalMix(h1) + finalMix(h2));
}
