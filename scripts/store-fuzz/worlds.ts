import { join } from 'node:path';
import type { ScoreRows } from '../../src/samples/score-rows.ts';
import type { Tag } from '../../src/samples/tags.ts';
import { addToStore } from '../../src/store/add.ts';
import { buildStore } from '../../src/store/build.ts';
import type { Precision } from '../../src/store/layout.ts';
import { Random } from '../random.ts';

/** A store and all that it may answer. */
export interface World {
  readonly name: string;
  readonly columns: readonly Tag[];
  readonly precision: Precision;
  readonly seed: number;
  readonly rows: number;
  /** Rows that were added: from the first on, with other scores. */
  readonly added: number;
  /** Leading bits that all hashes share: with many the blocks take several pages each. */
  readonly sharedBits: number;
}

/** Small stores of every kind there is: precisions, columns, deltas, long blocks, hardly any rows, none. */
export const WORLDS: readonly World[] = [
  {
    name: 'one column',
    columns: ['aesthetic'],
    precision: 'float16',
    seed: 1,
    rows: 20_000,
    added: 0,
    sharedBits: 0,
  },
  {
    name: 'three columns and two versions',
    columns: ['aesthetic', 'punsafe', 'pwatermark'],
    precision: 'float32',
    seed: 2,
    rows: 6000,
    added: 2000,
    sharedBits: 0,
  },
  {
    name: 'long blocks',
    columns: ['punsafe'],
    precision: 'float16',
    seed: 3,
    rows: 5000,
    added: 0,
    sharedBits: 30,
  },
  {
    name: 'five rows',
    columns: ['punsafe', 'pwatermark'],
    precision: 'float16',
    seed: 4,
    rows: 5,
    added: 2,
    sharedBits: 0,
  },
  { name: 'no row', columns: ['aesthetic'], precision: 'float16', seed: 5, rows: 0, added: 0, sharedBits: 0 },
];

/** Rows that are there, and as many hashes that are not. */
export interface Answers {
  readonly rows: ScoreRows;
  readonly misses: BigInt64Array;
}

export function answersOf(world: World): Answers {
  const random = new Random(world.seed);
  const hashes = hashesOf(random, world.rows, world.sharedBits);
  const misses = hashesOf(random, Math.max(10, world.rows), world.sharedBits);
  const columns = world.columns.map(() =>
    Float32Array.from(hashes, (_, i) => scoreOf(random, i < world.added ? 100 : 0)),
  );
  return { rows: { hashes, columns }, misses };
}

/** Builds the store into `folder`; gives its path. */
export async function buildWorld(world: World, folder: string): Promise<string> {
  const path = join(folder, 'scores');
  const { rows } = answersOf(world);
  const earlier = { hashes: rows.hashes, columns: rows.columns.map((column) => column.map((_, i) => i % 7)) };
  const memoryMb = 64;
  const { columns, precision, added } = world;
  // The rows that are added replace others, so that an older version is a wrong answer.
  const first = added > 0 ? mixed(earlier, rows, added) : rows;
  await buildStore({ output: path, rows: once(first), columns, precision, memoryMb });
  if (added > 0) await addToStore({ store: path, rows: once(head(rows, added)), memoryMb });
  return path;
}

function mixed(earlier: ScoreRows, later: ScoreRows, from: number): ScoreRows {
  const columns = later.columns.map((column, c) =>
    column.map((score, i) => (i < from ? earlier.columns[c]![i]! : score)),
  );
  return { hashes: later.hashes, columns };
}

function head({ hashes, columns }: ScoreRows, count: number): ScoreRows {
  return { hashes: hashes.slice(0, count), columns: columns.map((column) => column.slice(0, count)) };
}

async function* once(rows: ScoreRows): AsyncGenerator<ScoreRows> {
  if (rows.hashes.length > 0) yield rows;
}

function hashesOf(random: Random, count: number, sharedBits: number): BigInt64Array {
  return BigInt64Array.from({ length: count }, () => {
    const hi = BigInt(Math.floor(random.next() * 2 ** 32));
    const lo = BigInt(Math.floor(random.next() * 2 ** 32));
    return BigInt.asIntN(64, BigInt.asUintN(64 - sharedBits, (hi << 32n) | lo));
  });
}

/** A number that float16 holds. */
function scoreOf(random: Random, from: number): number {
  return from + Math.floor(random.between(0, 64)) / 8;
}
