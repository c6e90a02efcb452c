import { createHash } from 'node:crypto';

/** Gives numbers that look random: 32 bits each. */
export type RandomBits = () => number;

export const STATE_LENGTH = 4;
const TWO_32 = 2 ** 32;

/**
 * The generator sfc32 (Chris Doty-Humphrey, PractRand), started from sha256 of its name: the same name gives the same numbers, and other names
 * others. Math.random cannot be seeded.
 */
export function randomBits(name: string): RandomBits {
  return randomBitsIn(new Int32Array(STATE_LENGTH), name);
}

/** The same with its state in an array that others may go on from. @param state int32[4] */
export function randomBitsIn(state: Int32Array, name: string): RandomBits {
  const digest = createHash('sha256').update(name).digest();
  for (let i = 0; i < STATE_LENGTH; i++) state[i] = digest.readInt32LE(4 * i);
  return randomBitsFrom(state);
}

/** Goes on from a state. @param state int32[4] */
export function randomBitsFrom(state: Int32Array): RandomBits {
  return () => {
    let [a, b, c, counter] = [state[0]!, state[1]!, state[2]!, state[3]!];
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = counter;
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
