import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { RecentMap } from '../base/recent-map.ts';
import type { Collection } from '../browse/collection.ts';
import { FATES } from '../browse/fates.ts';
import type { ReadRows } from '../browse/rows.ts';
import { DEFAULT_COSINE, DEFAULT_DISTANCE } from '../subset/dedup-options.ts';
import { RunEmbeddings } from '../subset/run-embeddings.ts';
import type { Distance, ReviewOptions } from './options.ts';

/** Which rows are near to each other. */
export interface Likeness {
  /** In words, for a person. */
  readonly what: string;
  areNear(row: number, other: number): boolean;
  close(): void;
}

/** Rows whose embeddings are held at a time: 2 kB each at 512 dimensions. */
const MOST_VECTORS = 8192;

/**
 * What a review compares pictures by: what was asked for, else perceptual hashes where the rows have them, else embeddings where the run has them, else nothing.
 *
 * @throws BowerbirdError BB_COLUMN_MISSING, BB_EMBEDDINGS_MISSING for what was asked for and is not there; BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT for damaged
 *   embeddings; TableError BB_SHARD_READ
 */
export async function openLikeness(
  collection: Collection,
  rows: ReadRows,
  { distance, source }: Pick<ReviewOptions, 'distance' | 'source'>,
): Promise<Likeness | undefined> {
  if (distance === 'none') return undefined;
  if (distance?.by === 'phash') {
    const found = await phashLikeness(rows, distance);
    if (found) return found;
    throw new BowerbirdError(
      'BB_COLUMN_MISSING',
      `The rows of ${source} have no column phash of integers, so pictures cannot be compared by it. \`score --compute-phash\` writes it; or give --distance embedding, or none.`,
      { fields: { path: source } },
    );
  }
  if (distance) {
    const found = embeddingLikeness(collection, rows, distance);
    if (found) return found;
    throw new BowerbirdError(
      'BB_EMBEDDINGS_MISSING',
      `${source} has no embeddings, so pictures cannot be compared by them. \`score --save-embeddings\` keeps them in the run; or give --distance phash, or none.`,
      { fields: { path: source } },
    );
  }
  return (
    (await phashLikeness(rows, { by: 'phash', distance: DEFAULT_DISTANCE })) ??
    embeddingLikeness(collection, rows, { by: 'embedding', cosine: DEFAULT_COSINE })
  );
}

async function phashLikeness(
  rows: ReadRows,
  { distance }: Extract<Distance, { by: 'phash' }>,
): Promise<Likeness | undefined> {
  const column = await rows.integers('phash');
  if (!column?.known.includes(1)) return undefined;
  const { values, known } = column;
  const halves = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  return {
    what: `perceptual hashes that differ in at most ${distance} bits`,
    areNear: (row, other) =>
      known[row] === 1 &&
      known[other] === 1 &&
      ones(halves[2 * row]! ^ halves[2 * other]!) + ones(halves[2 * row + 1]! ^ halves[2 * other + 1]!) <=
        distance,
    close: () => undefined,
  };
}

/** The bits of a 32-bit number that are 1. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** Of a run: the k-th scored row of a shard has the k-th row of its .npy file. */
function embeddingLikeness(
  { kind, files }: Collection,
  { index }: ReadRows,
  { cosine }: Extract<Distance, { by: 'embedding' }>,
): Likeness | undefined {
  const paths = files.map(({ path }) => path);
  const [first] = paths;
  if (kind !== 'run' || !first || !existsSync(join(dirname(dirname(first)), 'img_emb', fileOf(first))))
    return undefined;
  const embeddings = RunEmbeddings.beside(paths);
  const lines = linesOf(index);
  const vectors = new RecentMap<number, Float32Array>(MOST_VECTORS);
  const vectorOf = (row: number): Float32Array => {
    const known = vectors.get(row);
    if (known) return known;
    const vector = new Float32Array(embeddings.dimension);
    if (lines[row]! >= 0) embeddings.read(index.placeOf(row).file, lines[row]!, vector);
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value ** 2, 0));
    const unit = length > 0 ? vector.map((value) => value / length) : vector;
    vectors.set(row, unit);
    return unit;
  };
  return {
    what: `embeddings with a cosine of at least ${cosine}`,
    areNear: (row, other) => {
      const [a, b] = [vectorOf(row), vectorOf(other)];
      return a.reduce((sum, value, i) => sum + value * b[i]!, 0) >= cosine;
    },
    close: () => embeddings.close(),
  };
}

function fileOf(tagFile: string): string {
  return `img_emb_${basename(tagFile).replace(/\..*$/, '')}.npy`;
}

/** The place of each row's embedding in the file of its shard; -1 for a row that failed. */
function linesOf(index: ReadRows['index']): Int32Array {
  const isScored = FATES.map(({ group }) => group !== 'failed');
  let [file, line] = [-1, 0];
  return Int32Array.from(index.fates, (fate, row) => {
    if (row === 0 || row === index.firstRow(file + 1)) {
      file = index.placeOf(row).file;
      line = 0;
    }
    return isScored[fate] ? line++ : -1;
  });
}
