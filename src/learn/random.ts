import { createHash } from 'node:crypto';

/** Gives numbers that look random: 32 bits each. */
export type RandomBits = () => number;

const TWO_32 = 2 ** 32;

/**
 * The generator sfc32 (Chris Doty-Humphrey, PractRand), started from sha256 of its name: the same name gives the same numbers, and other names
 * others. Math.random cannot be seeded.
 */
export function randomBits(name: string): RandomBits {
  const digest = createHash('sha256').update(name).digest();
  let [a, b, c, counter] = [0, 4, 8, 12].map((at) => digest.readInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
}

/** From 0 on, below 1. */
export function uniform(bits: RandomBits): number {
  return bits() / TWO_32;
}

/** The numbers 0 to count - 1 in an order of their own (Fisher and Yates). */
export function shuffled(count: number, bits: RandomBits): Int32Array<ArrayBuffer> {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(uniform(bits) * (i + 1));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}
