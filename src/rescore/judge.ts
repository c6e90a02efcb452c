import { sortedTable } from '../runs/sorted-table.ts';
import { emptyCounts, type RowCounts } from '../runs/stats.ts';
import type { FailureReason } from '../samples/reasons.ts';
import { firstKnown, type TagColumns, tagsAt } from '../samples/tag-columns.ts';
import { byTag, TAGS, type TagName } from '../samples/tags.ts';
import { DROP_RULES, type Filter } from '../scores/filter.ts';
import { Histogram } from '../scores/histogram.ts';
import { ROW_STATE } from './block-scorer.ts';
import type { MetadataColumns } from './metadata.ts';

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
  /** 1 = kept. */
  readonly kept: Uint8Array;
  /** 0 for none, else the place in DROP_RULES, from 1. */
  readonly droppedBy: Uint8Array;
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

/** How rows are judged. */
export interface JudgeOptions {
  readonly filter: Filter;
  /** Whether a head's scores take the place of the metadata's own punsafe and pwatermark. */
  readonly recomputeTags: boolean;
}

/** Judges rows. What is judged is what is written: all tags as float32, compared as doubles. */
export function judgeRows(
  rows: ScoredRows,
  metadata: MetadataColumns,
  { filter, recomputeTags }: JudgeOptions,
): JudgedRows {
  const { rowCount, states } = rows;
  const tags = byTag((tag) => {
    const computed = rows.scores.get(tag);
    return firstKnown(computed && recomputeTags ? undefined : metadata.tags[tag], computed, rowCount);
  });
  const kept = new Uint8Array(rowCount);
  const droppedBy = new Uint8Array(rowCount);
  const histogram = new Histogram();
  for (let row = 0; row < rowCount; row++) {
    if (states[row] !== ROW_STATE.scored) continue;
    const verdict = filter.judge(tagsAt(tags, row));
    if (verdict.kept) kept[row] = 1;
    else droppedBy[row] = 1 + DROP_RULES.indexOf(verdict.droppedBy!);
    const aesthetic = tags.aesthetic[row]!;
    if (!Number.isNaN(aesthetic)) histogram.add(aesthetic, verdict.kept);
  }
  return { tags, kept, droppedBy, histogram, counts: countRows(rows, tags, kept, droppedBy) };
}

function countRows(
  { rowCount, states }: ScoredRows,
  tags: TagColumns,
  kept: Uint8Array,
  droppedBy: Uint8Array,
): RowCounts {
  const counts = emptyCounts();
  const byState = new Array<number>(1 + STATE_FAILURES.length).fill(0);
  const byRule = new Array<number>(1 + DROP_RULES.length).fill(0);
  const missing = byTag(() => 0);
  for (let row = 0; row < rowCount; row++) {
    const state = states[row]!;
    byState[state]!++;
    if (state !== ROW_STATE.scored) continue;
    byRule[droppedBy[row]!]!++;
    counts.kept += kept[row]!;
    for (const tag of TAGS) if (Number.isNaN(tags[tag][row]!)) missing[tag]++;
  }
  counts.count = rowCount;
  counts.successes = byState[ROW_STATE.scored]!;
  counts.failed_to_embed = rowCount - counts.successes;
  const failures = STATE_FAILURES.map((failure, i) => ({ ...failure, count: byState[i + 1]! }));
  counts.reasons = nonZero(failures.map(({ reason, count }) => [reason, count]));
  counts.status_dict = nonZero([
    ['success', counts.successes],
    ...failures.map(({ message, count }) => [message, count] as const),
  ]);
  counts.dropped_by = nonZero(DROP_RULES.map((rule, i) => [rule, byRule[i + 1]!]));
  counts.missing_tags = nonZero(Object.entries(missing));
  return counts;
}

function nonZero(entries: readonly (readonly [string, number])[]): Record<string, number> {
  return sortedTable(Object.fromEntries(entries.filter(([, count]) => count > 0)));
}
