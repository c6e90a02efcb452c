import type { ReportData } from './report-data.ts';

/** Rows that have a score: those in a bucket. */
export function scoredRows({ buckets }: Pick<ReportData, 'buckets'>): number {
  return buckets.reduce((sum, { count }) => sum + count, 0);
}

/** What the rows that did not fail are called: `Scored` where all of them have a score. */
export function successWord(data: Pick<ReportData, 'buckets' | 'rows'>): 'Scored' | 'Embedded' {
  return scoredRows(data) === data.rows.successes ? 'Scored' : 'Embedded';
}
