import { createHash } from 'node:crypto';

/** What is drawn by chance; each by numbers of its own, so that no draw leans on another. */
export type Draw = 'balance' | 'split' | 'user';

/**
 * Where somebody or something stands in a draw: a number from 0 on, below 1, from 48 bits of sha256 of seed, draw and name. It depends on nothing else,
 * so that the order of those that were there stays as more come.
 */
export function placeInDraw(seed: number, draw: Draw, name: string): number {
  const digest = createHash('sha256').update(`${seed}\n${draw}\n${name}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** Numbers from 0 on in the order of their places; those of one place in their own. @param chosen those that take part */
export function drawn(chosen: Iterable<number>, places: Float64Array): number[] {
  return [...chosen].sort((a, b) => places[a]! - places[b]! || a - b);
}
