import { bucketLabel } from '../../scores/bucket-names.ts';
import { renderBar } from '../charts/bar.ts';
import { formatCount, formatFixed, formatShare } from '../format.ts';
import type { Table } from './section.ts';

/** What every table of score buckets shows of one. */
interface CountedBucket {
  readonly count: number;
  readonly meanScore: number | null;
}

/**
 * A table of score buckets: bar, count, share and mean, and what a page has beside.
 *
 * @param total scores in all buckets
 */
export function bucketTable<Row extends CountedBucket>(
  rows: readonly Row[],
  total: number,
  nameOf: (row: Row) => string,
  more: Table<Row>['columns'],
): Table<Row> {
  const largest = Math.max(...rows.map(({ count }) => count));
  return {
    label: 'Score buckets',
    className: 'buckets',
    head: 'Score',
    name: (row) => bucketLabel(nameOf(row)),
    rowClass: ({ count }) => (count === 0 ? 'none' : 'some'),
    columns: [
      {
        head: 'Images as a bar',
        kind: 'bar',
        cell: ({ count }) => renderBar([{ from: 0, length: count / largest, className: 'plain' }]),
      },
      { head: 'Images', cell: ({ count }) => formatCount(count) },
      { head: 'Share', cell: ({ count }) => formatShare(count, total) },
      { head: 'Mean score', cell: ({ meanScore }) => formatFixed(meanScore, 3) },
      ...more,
    ],
  };
}
