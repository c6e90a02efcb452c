import { sortedTable } from '../runs/sorted-table.ts';
import { emptyCounts, type RowCounts } from '../runs/stats.ts';
import type { FailureReason } from '../samples/reasons.ts';
import { firstKnown, type TagColumns } from '../samples/tag-columns.ts';
import { byTag, TAGS, type Tag, type TagName } from '../samples/tags.ts';
import { DROP_RULES, type Filter } from '../scores/filter.ts';
import { Histogram } from '../scores/histogram.ts';
import { ROW_STATE } from './block-scorer.ts';

/** A shard's rows after scoring, in row order. */
export interface ScoredRows {
  readonly rowCount: number;
  /** uint8 of ROW_STATE. */
  readonly states: Uint8Array;
  /** Scores by the column that they fill, float32; NaN = none. */
  readonly scores: ReadonlyMap<TagName, Float32Array>;
}

/** A shard's rows with their verdicts. */
export interface JudgedRows {
  /** The tags as they are written. */
  readonly tags: TagColumns;
  /** uint8: 0 = kept, then the places in DROP_RULES, from 1, then those of states that are failures. */
  readonly verdicts: Uint8Array;
  readonly counts: RowCounts;
  readonly histogram: Histogram;
}

/** How a row fails by its state: the reason and the message, as the tags have them. */
export const STATE_FAILURES: readonly { readonly reason: FailureReason; readonly message: string }[] = [
  {
    reason: 'embedding_invalid',
    message: 'The embedding is missing, or has values that are not finite, or no length',
  },
  { reason: 'embedding_not_unit', message: 'The embedding is not of length 1' },
];

/** The verdict of the first failure of `STATE_FAILURES`. */
export const FIRST_FAILURE = 1 + DROP_RULES.length;

/** How rows are judged. */
export interface JudgeOptions {
  readonly filter: Filter;
  /** Whether a head's scores take the place of the metadata's own punsafe and pwatermark. */
  readonly recomputeTags: boolean;
}

/**
 * Judges rows. What is judged is what is written: all tags as float32, compared as doubles.
 *
 * @param own the metadata's own tags
 */
export function judgeRows(
  rows: ScoredRows,
  own: Readonly<Partial<Record<Tag, Float32Array>>>,
  { filter, recomputeTags }: JudgeOptions,
): JudgedRows {
  const { rowCount, states } = rows;
  const tags = byTag((tag) => {
    const computed = rows.scores.get(tag);
    return firstKnown(computed && recomputeTags ? undefined : own[tag], computed, rowCount);
  });
  const verdicts = filter.judgeAll(tags);
  noteFailures(verdicts, states);
  const histogram = new Histogram();
  addScores(histogram, tags.aesthetic, verdicts);
  return { tags, verdicts, histogram, counts: countRows(tags, verdicts) };
}

/*
 * A loop over the rows is a function of its own: within a larger one, the compiler takes longer over it than all rows of a
 * shard do.
 */

function noteFailures(verdicts: Uint8Array, states: Uint8Array): void {
  for (let row = 0; row < verdicts.length; row++) {
    const state = states[row]!;
    if (state !== ROW_STATE.scored) verdicts[row] = FIRST_FAILURE + state - 1;
  }
}

function addScores(histogram: Histogram, scores: Float32Array, verdicts: Uint8Array): void {
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]!;
    if (verdicts[row]! < FIRST_FAILURE && !Number.isNaN(score)) histogram.add(score, verdicts[row] === 0);
  }
}

function tallyVerdicts(verdicts: Uint8Array): Uint32Array {
  const tally = new Uint32Array(FIRST_FAILURE + STATE_FAILURES.length);
  for (let row = 0; row < verdicts.length; row++) tally[verdicts[row]!]!++;
  return tally;
}

function countMissing(values: Float32Array, verdicts: Uint8Array): number {
  let count = 0;
  for (let row = 0; row < values.length; row++)
    if (verdicts[row]! < FIRST_FAILURE && Number.isNaN(values[row]!)) count++;
  return count;
}

function countRows(tags: TagColumns, verdicts: Uint8Array): RowCounts {
  const counts = emptyCounts();
  const tally = tallyVerdicts(verdicts);
  const failures = STATE_FAILURES.map((failure, i) => ({ ...failure, count: tally[FIRST_FAILURE + i]! }));
  counts.count = verdicts.length;
  counts.kept = tally[0]!;
  counts.failed_to_embed = failures.reduce((sum, { count }) => sum + count, 0);
  counts.successes = counts.count - counts.failed_to_embed;
  counts.reasons = nonZero(failures.map(({ reason, count }) => [reason, count]));
  counts.status_dict = nonZero([
    ['success', counts.successes],
    ...failures.map(({ message, count }) => [message, count] as const),
  ]);
  counts.dropped_by = nonZero(DROP_RULES.map((rule, i) => [rule, tally[1 + i]!]));
  counts.missing_tags = nonZero(TAGS.map((tag) => [tag, countMissing(tags[tag], verdicts)]));
  return counts;
}

function nonZero(entries: readonly (readonly [string, number])[]): Record<string, number> {
  return sortedTable(Object.fromEntries(entries.filter(([, count]) => count > 0)));
}
