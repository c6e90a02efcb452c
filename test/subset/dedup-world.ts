import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { buildShard } from '../helpers/shard-builder.ts';
import { duck } from '../shards/fixtures.ts';

/** A row of metadata with all that rows are compared by. */
export interface PictureRow {
  readonly id: number;
  readonly URL: string | null;
  readonly hash: bigint | null;
  readonly aesthetic: number | null;
  readonly punsafe: number | null;
  readonly sha256: string | null;
  readonly phash: bigint | null;
  /** Null for none. */
  readonly embedding: Float32Array | null;
}

export const DIMENSION = 130;

/** Rows of which many are near to each other, some have no score, and some nothing to be compared by. */
export function makePictureRows(count: number, seed: number): PictureRow[] {
  const random = randomNumbers(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const bits = (): bigint =>
    BigInt(below(2 ** 31)) * 2n ** 33n + BigInt(below(2 ** 31)) * 4n + BigInt(below(4));
  const noise = (): Float32Array => Float32Array.from({ length: DIMENSION }, () => random() - 0.5);
  const pictures = Array.from({ length: count / 4 }, () => ({ phash: bits(), embedding: noise() }));
  return Array.from({ length: count }, (_, id) => {
    const i = below(pictures.length);
    const { phash, embedding } = pictures[i]!;
    let flipped = phash;
    for (let flips = below(5); flips > 0; flips--) flipped ^= 1n << BigInt(below(64));
    const [other, share] = [noise(), random() * 0.7];
    const isMissing = random() < 0.05;
    return {
      id,
      URL: isMissing ? null : `http://host/${below(count / 2)}.jpg`,
      hash: isMissing ? null : BigInt.asIntN(64, BigInt(below(count / 2)) * 0x9e3779b97f4a7c15n),
      aesthetic: random() < 0.1 ? (random() < 0.5 ? null : Number.NaN) : Math.fround(below(40) / 4),
      punsafe: random() < 0.1 ? null : Math.fround(random()),
      sha256: isMissing
        ? 'none'
        : createHash('sha256')
            .update(`${below(count / 2)}`)
            .digest('hex'),
      phash: isMissing ? null : BigInt.asIntN(64, flipped),
      embedding: isMissing ? null : embedding.map((value, d) => value + share * other[d]!),
    };
  });
}

/** Writes rows as two files of `folder/metadata`. */
export async function writePictures(folder: string, rows: readonly PictureRow[]): Promise<void> {
  await mkdir(join(folder, 'metadata'), { recursive: true });
  const middle = Math.floor(rows.length / 3);
  for (const [i, part] of [rows.slice(0, middle), rows.slice(middle)].entries()) {
    const plain = join(folder, `plain-${i}.parquet`);
    const cells = part.map(({ embedding, ...row }) => ({
      ...row,
      embedding: embedding && JSON.stringify([...embedding]),
    }));
    const types = { aesthetic: 'FLOAT', punsafe: 'FLOAT', phash: 'BIGINT', hash: 'BIGINT' } as const;
    await buildShard(plain, cells, types);
    await duck(
      `COPY (SELECT * REPLACE (embedding::FLOAT[] AS embedding) FROM '${plain}') TO '${join(folder, 'metadata', `part-${i}.parquet`)}' (FORMAT parquet)`,
    );
    await rm(plain);
  }
}

/** Rows by their score, the best first, those without one last, and by their place. */
export function bestFirst(rows: readonly PictureRow[]): PictureRow[] {
  const score = ({ aesthetic }: PictureRow): number =>
    aesthetic === null || Number.isNaN(aesthetic) ? Number.NEGATIVE_INFINITY : aesthetic;
  return [...rows].sort((a, b) => (score(b) === score(a) ? a.id - b.id : score(b) - score(a)));
}

/** Each row is compared with every kept one: ids of the rows that are near to none, by place. */
export function keptByBruteForce(
  rows: readonly PictureRow[],
  isNear: (a: PictureRow, b: PictureRow) => boolean,
): number[] {
  const kept: PictureRow[] = [];
  for (const row of bestFirst(rows)) if (!kept.some((leader) => isNear(leader, row))) kept.push(row);
  return kept.map(({ id }) => id).sort((a, b) => a - b);
}

const halves = new Map<bigint, readonly [number, number]>();

/** The digits of both halves of an int64, as numbers. */
function halvesOf(bits: bigint): readonly [number, number] {
  const known = halves.get(bits);
  if (known) return known;
  const pair = [Number(BigInt.asIntN(32, bits)), Number(BigInt.asIntN(32, bits >> 32n))] as const;
  halves.set(bits, pair);
  return pair;
}

/** Bits in which two int64 differ. */
export function distanceOf(a: bigint, b: bigint): number {
  const [[aLow, aHigh], [bLow, bHigh]] = [halvesOf(a), halvesOf(b)];
  let ones = 0;
  for (let left = aLow ^ bLow; left !== 0; left &= left - 1) ones++;
  for (let left = aHigh ^ bHigh; left !== 0; left &= left - 1) ones++;
  return ones;
}

export function cosineOf(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}
