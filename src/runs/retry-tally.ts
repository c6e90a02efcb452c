import type { FailureReason } from '../samples/reasons.ts';
import { sortedTable } from './sorted-table.ts';

/** Rows that were tried again after they had failed for one reason. */
interface TriedRows {
  readonly rows: number;
  /** Those of them that have been scored since. */
  readonly successes: number;
}

/** Rows that were tried again, by the reason for which they had failed. One that was tried twice counts twice. */
export type RetryTally = Readonly<Partial<Record<FailureReason, TriedRows>>>;

/** Adds up tallies; the names come in order, so that the same counts give the same bytes. */
export function addTallies(...tallies: readonly (RetryTally | undefined)[]): RetryTally {
  const sum: Partial<Record<FailureReason, TriedRows>> = {};
  for (const tally of tallies) {
    for (const [reason, { rows, successes }] of Object.entries(tally ?? {}) as [FailureReason, TriedRows][]) {
      const before = sum[reason] ?? { rows: 0, successes: 0 };
      sum[reason] = { rows: before.rows + rows, successes: before.successes + successes };
    }
  }
  return sortedTable(sum);
}

/** `timed_out 3 of 5, http_server_error 1 of 2`: those of each reason that were scored, the most frequent reason first. */
export function describeTally(tally: RetryTally): string {
  const { rows, successes } = totalOf(tally);
  if (rows === 0) return 'No row was tried again.';
  const reasons = (Object.entries(tally) as [FailureReason, TriedRows][])
    .sort(([, a], [, b]) => b.rows - a.rows)
    .map(([reason, tried]) => `${reason} ${tried.successes} of ${tried.rows}`);
  return `Rows tried again after they had failed: ${rows}; scored now: ${successes} (${reasons.join(', ')}).`;
}

/** Whether a JSON value is a tally. */
export function isTally(value: unknown): value is RetryTally {
  const isCount = (count: unknown): boolean => Number.isInteger(count) && Number(count) >= 0;
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(
      (tried: TriedRows | null) =>
        isCount(tried?.rows) && isCount(tried?.successes) && tried!.successes <= tried!.rows,
    )
  );
}

/** All rows of a tally. */
export function totalOf(tally: RetryTally): TriedRows {
  return Object.values(tally).reduce(
    (sum, { rows, successes }) => ({ rows: sum.rows + rows, successes: sum.successes + successes }),
    { rows: 0, successes: 0 },
  );
}
