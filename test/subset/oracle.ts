import { createHash } from 'node:crypto';

/** A row of metadata as plain values; `hash` null where it has none. */
export interface MetadataRow {
  readonly URL: string | null;
  readonly TEXT: string | null;
  readonly WIDTH: number | null;
  readonly hash: bigint | null;
}

/** A row of a tag table; a score that is undefined is not a column. */
export interface TagRow {
  readonly hash: bigint | null;
  readonly prediction: number | null;
  readonly punsafe: number | null;
}

/** What a brute-force pass over all rows comes to. */
export interface Expected {
  readonly kept: {
    readonly row: MetadataRow;
    readonly tag: TagRow | undefined;
    readonly place: readonly [number, number];
  }[];
  readonly droppedBy: Record<string, number>;
  readonly noTag: number;
}

export interface Rules {
  readonly passesAesthetic: (score: number) => boolean;
  readonly maxPunsafe: number;
  readonly keepMissing: boolean;
  readonly deduplicate: boolean;
  /** True where NaN is a number above all others. */
  readonly nanIsHigh: boolean;
  readonly where: (row: MetadataRow) => boolean;
}

/** Walks over all rows of all files in order, with a Map of the first tag row of each hash. */
export function bruteForce(
  metadata: readonly (readonly MetadataRow[])[],
  tags: readonly (readonly TagRow[])[],
  rules: Rules,
): Expected {
  const first = new Map<bigint, TagRow>();
  for (const row of tags.flat()) if (row.hash !== null && !first.has(row.hash)) first.set(row.hash, row);
  const expected: Expected = { kept: [], droppedBy: {}, noTag: 0 };
  let noTag = 0;
  const seen = new Set<bigint>();
  metadata.forEach((file, fileIndex) => {
    file.forEach((row, rowIndex) => {
      const drop = (rule: string): void => {
        expected.droppedBy[rule] = (expected.droppedBy[rule] ?? 0) + 1;
      };
      if (!rules.where(row)) {
        drop('where');
        return;
      }
      const tag = row.hash === null ? undefined : first.get(row.hash);
      if (!tag) noTag++;
      if (rules.deduplicate && row.hash !== null) {
        if (seen.has(row.hash)) {
          drop('duplicate');
          return;
        }
        seen.add(row.hash);
      }
      for (const [name, score, passes] of [
        ['aesthetic', tag?.prediction ?? null, rules.passesAesthetic],
        ['punsafe', tag?.punsafe ?? null, (value: number) => value < rules.maxPunsafe],
      ] as const) {
        if (score === null || (Number.isNaN(score) && !rules.nanIsHigh)) {
          if (!rules.keepMissing) {
            drop(`${name}_missing`);
            return;
          }
        } else if (!passes(Number.isNaN(score) ? Number.POSITIVE_INFINITY : score)) {
          drop(name);
          return;
        }
      }
      expected.kept.push({ row, tag, place: [fileIndex, rowIndex] });
    });
  });
  return { ...expected, noTag };
}

/** Hashes that occur more than once, and the rows beyond the first of each. */
export function duplicatesOf(hashes: readonly (bigint | null)[]): { hashes: number; rows: number } {
  const counts = new Map<bigint, number>();
  for (const hash of hashes) if (hash !== null) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  const many = [...counts.values()].filter((count) => count > 1);
  return { hashes: many.length, rows: many.reduce((sum, count) => sum + count - 1, 0) };
}

/** The shuffled place of (file, row) as docs/subset.md states it, in BigInt arithmetic. */
export function shuffledPlace(seed: number, file: number, row: number): bigint {
  const digest = createHash('sha256').update(`bowerbird shuffle ${seed}`).digest();
  const low = 0xffffffffn;
  const value = (BigInt(file) << 40n) | BigInt(row);
  let [left, right] = [value >> 32n, value & low];
  for (let round = 0; round < 4; round++) {
    const key = BigInt(digest.readUInt32LE(4 * round));
    const once = (((right ^ key) * 2654435769n) >> 16n) & low;
    const twice = ((once * 3432918353n) >> 16n) & low;
    [left, right] = [right, left ^ twice];
  }
  return (left << 32n) | right;
}
