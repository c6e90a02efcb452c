import { createHash } from 'node:crypto';

const ROUNDS = 4;
/** Odd 32-bit multipliers (the golden ratio's, and MurmurHash3's first), one for each half of a round. */
const MULTIPLIERS = [2_654_435_769, 3_432_918_353] as const;
const LOW_32 = 4_294_967_295;

/** The keys of the rounds, uint32 each: the first 16 bytes of sha256('bowerbird shuffle ' + seed), little-endian. */
function roundKeys(seed: number): number[] {
  const digest = createHash('sha256').update(`bowerbird shuffle ${seed}`).digest();
  return Array.from({ length: ROUNDS }, (_, round) => digest.readUInt32LE(4 * round));
}

/**
 * SQL that adds to rows with a non-negative BIGINT `ord` the column `key`, their place in a shuffled order (UBIGINT): a
 * Feistel network of four rounds over the two halves of `ord`. It is a permutation of the 64-bit numbers, so no two
 * rows share a key, and nothing is held in memory: a key depends on (file, row) and the seed alone.
 */
export function withShuffledKey(rows: string, seed: number): string {
  let source = `SELECT *, (ord >> 32)::UBIGINT AS l, (ord & ${LOW_32})::UBIGINT AS r FROM (${rows})`;
  for (const key of roundKeys(seed)) {
    const round = mixed(`xor(r, ${key}::UBIGINT)`);
    source = `SELECT * EXCLUDE (l, r), r AS l, xor(l, ${round}) AS r FROM (${source})`;
  }
  return `SELECT * EXCLUDE (l, r), ((l << 32) | r) AS key FROM (${source})`;
}

/** A uint32 to a uint32: multiply, fold, multiply, fold, all within 64 bits. */
function mixed(value: string): string {
  const [first, second] = MULTIPLIERS;
  const once = `(((${value}) * ${first}::UBIGINT) >> 16) & ${LOW_32}`;
  return `((((${once}) * ${second}::UBIGINT) >> 16) & ${LOW_32})`;
}
