import { BowerbirdError } from '../base/errors.ts';
import { type NamedScoresRequest, readNamedScores } from '../tables/named-scores.ts';
import type { Fates } from './left-out.ts';
import type { Material } from './material.ts';
import type { DatasetOptions, DatasetProgress, Gate } from './options.ts';

const MEMORY_LIMIT_MB = 512;

/**
 * Leaves out what the table says is unfit: hidden likes, likes out of the range, posts that were too young when they were counted, and where images are wanted, posts without one.
 *
 * @param hasImage whether there is an image of a row; not given where none is wanted
 */
export function filterByTable(
  { count, columns, ages }: Material,
  fates: Fates,
  { likesFrom, likesTo, minAgeDays }: Pick<DatasetOptions, 'likesFrom' | 'likesTo' | 'minAgeDays'>,
  hasImage: ((row: number) => boolean) | undefined,
): void {
  for (let row = 0; row < count; row++) {
    const likes = columns.likes[row]!;
    if (Number.isNaN(likes)) fates.leaveOut(row, 'likes_hidden');
    if (likesFrom !== undefined && likes < likesFrom) fates.leaveOut(row, 'likes_below');
    if (likesTo !== undefined && likes > likesTo) fates.leaveOut(row, 'likes_above');
    if (minAgeDays !== undefined && Number.isNaN(ages[row]!)) fates.leaveOut(row, 'age_unknown');
    if (minAgeDays !== undefined && ages[row]! < minAgeDays) fates.leaveOut(row, 'too_young');
    if (hasImage && !hasImage(row)) fates.leaveOut(row, 'no_image');
  }
}

/**
 * Leaves out what has no score in the gate's column, and what its score does not pass. Posts are found by their hash; of several rows of a hash the first with a score counts.
 *
 * @returns the scores: float64 by row, NaN where there is none
 * @throws BowerbirdError as `readNamedScores`, BB_COLUMN_MISSING where the table has no hashes; the signal's reason
 */
export async function filterByGate(
  { count, hashes }: Material,
  fates: Fates,
  gate: Gate,
  { temporaryFolder, progress }: { readonly temporaryFolder: string; readonly progress: DatasetProgress },
): Promise<Float64Array> {
  const byHash = await scoresByHash(new Set(hashes), gate, { temporaryFolder, progress });
  const scores = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    const score = byHash.get(hashes[row]!) ?? Number.NaN;
    scores[row] = score;
    if (Number.isNaN(score)) fates.leaveOut(row, 'gate_missing');
    else if (!passes(score, gate)) fates.leaveOut(row, 'gate_failed');
  }
  return scores;
}

function passes(score: number, { from, below }: Gate): boolean {
  return (from === undefined || score >= from) && (below === undefined || score < below);
}

async function scoresByHash(
  wanted: ReadonlySet<bigint>,
  { path, column }: Gate,
  { temporaryFolder, progress }: { readonly temporaryFolder: string; readonly progress: DatasetProgress },
): Promise<Map<bigint, number>> {
  const request: NamedScoresRequest = { path, column, onNote: progress.note, flag: '--gate' };
  const found = new Map<bigint, number>();
  let rows = 0;
  for await (const part of readNamedScores(request, { memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder })) {
    progress.signal?.throwIfAborted();
    if (!part.hashes) throw withoutHashes(path);
    for (const [i, score] of part.scores.entries()) {
      const hash = part.hashes[i] ?? undefined;
      if (hash === undefined || !wanted.has(hash) || Number.isNaN(score) || found.has(hash)) continue;
      found.set(hash, score);
    }
    rows += part.scores.length;
    progress.advance(`reading ${column}`, rows, undefined, 'rows');
  }
  return found;
}

function withoutHashes(path: string): BowerbirdError {
  return new BowerbirdError(
    'BB_COLUMN_MISSING',
    `${path} has no column "hash", by which posts find their scores. Give the run folder of: bowerbird score, over what posts export wrote.`,
    { fields: { path } },
  );
}
