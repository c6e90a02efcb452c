import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Answer, KeepAnswer, LikesAnswer, SampleName } from '../../src/feedback/answer.ts';
import { loadHead } from '../../src/heads/load.ts';
import { pair, rating, writeFeedback } from '../feedback/records.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { makeFolder, temporaryFolder, unitRows } from '../rescore/setup.ts';

export const DIMENSION = 16;
export const SAMPLES = 300;

/** Embeddings with hashes and keys, and a person who has a hidden head in mind. */
export interface Collection {
  readonly folder: string;
  readonly embeddings: string;
  readonly rows: Float32Array;
  /** What the person thinks of a sample; about 0, with a spread of about 1. */
  readonly opinion: (sample: number) => number;
  readonly hidden: readonly number[];
  path(name: string): string;
  write(name: string, answers: readonly Answer[]): Promise<string>;
}

/** Samples are named by hash alone, by key alone, or by both. */
export function nameOf(sample: number): SampleName {
  const hash = String(BigInt(sample) * 7919n ** 4n - 2n ** 61n);
  const key = `0000${sample}`;
  return sample % 3 === 0 ? { hash } : sample % 3 === 1 ? { key } : { hash, key };
}

export async function makeCollection(t: ExecutionContext): Promise<Collection> {
  const folder = await temporaryFolder(t);
  const embeddings = join(folder, 'embeddings');
  const rows = unitRows(5, SAMPLES, DIMENSION);
  const hashes = Array.from({ length: SAMPLES }, (_, i) => BigInt(i) * 7919n ** 4n - 2n ** 61n);
  const half = SAMPLES / 2;
  await makeFolder(
    embeddings,
    DIMENSION,
    [0, 1].map((file) => ({
      number: String(file),
      values: rows.slice(file * half * DIMENSION, (file + 1) * half * DIMENSION),
      columns: { hash: 'BIGINT', key: 'VARCHAR' },
      rows: Array.from({ length: half }, (_, row) => ({
        hash: hashes[file * half + row]!,
        key: `0000${file * half + row}`,
      })),
    })),
  );
  const random = randomNumbers(9);
  const hidden = Array.from({ length: DIMENSION }, () => random() - 0.5);
  const length = Math.hypot(...hidden);
  const opinion = (sample: number): number =>
    hidden.reduce((sum, weight, j) => sum + (4 * weight * rows[sample * DIMENSION + j]!) / length, 0);
  return {
    ...{ folder, embeddings, rows, opinion, hidden },
    path: (name) => join(folder, name),
    write: (name, answers) => writeFeedback(join(folder, name), answers),
  };
}

/** A rating of every sample. */
export function ratings({ opinion }: Collection): Answer[] {
  return Array.from({ length: SAMPLES }, (_, i) =>
    rating(`r${i}`, { answer: 5 + opinion(i), sample: nameOf(i) }),
  );
}

/** Pairs of neighbours and of others, the better one wins. */
export function pairs({ opinion }: Collection, count: number): Answer[] {
  const random = randomNumbers(21);
  return Array.from({ length: count }, (_, i) => {
    const [left, right] = [0, 1].map(() => Math.floor(random() * SAMPLES)) as [number, number];
    const answer = opinion(left) > opinion(right) ? 'left' : 'right';
    return pair(`p${i}`, { answer, left: nameOf(left), right: nameOf(right) });
  });
}

export function keeps({ opinion }: Collection): Answer[] {
  return Array.from(
    { length: SAMPLES },
    (_, i): KeepAnswer => ({
      ...{ id: `k${i}`, question: 'aesthetic', rater: 'ada', mode: 'keep', sample: nameOf(i) },
      answer: opinion(i) > 0 ? 'keep' : 'leave',
    }),
  );
}

export function likes({ opinion }: Collection): Answer[] {
  return Array.from(
    { length: SAMPLES },
    (_, i): LikesAnswer => ({
      ...{ id: `l${i}`, question: 'aesthetic', rater: 'ada', mode: 'likes', sample: nameOf(i) },
      answer: Math.expm1(4 + opinion(i)),
    }),
  );
}

/** What a trained head gives for all samples, as `score` would read it. */
export async function scoresOf(collection: Collection, folder: string): Promise<Float64Array> {
  const head = await loadHead(join(folder, 'head.safetensors'), { tag: 'aesthetic' });
  return head.score(collection.rows, SAMPLES);
}

/** The share of pairs of samples whose order two lists agree about. */
export function agreement(a: ArrayLike<number>, b: (sample: number) => number): number {
  let same = 0;
  let all = 0;
  for (let i = 0; i < SAMPLES; i++) {
    for (let j = 0; j < i; j++, all++) if (a[i]! > a[j]! === b(i) > b(j)) same++;
  }
  return same / all;
}
