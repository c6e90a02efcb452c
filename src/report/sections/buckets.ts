import { MEAN_TOLERANCE } from '../../scores/summary.ts';
import { formatFixed, formatTiny } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportBucket, ReportData } from '../report-data.ts';
import { bucketTable } from './bucket-table.ts';
import { renderEmpty, renderSection, renderTable, type Table } from './section.ts';

const LEAD = 'A bucket includes its lower bound and not its upper one.';

const COLUMNS: Table<ReportBucket>['columns'] = [
  { head: 'Head on mean', cell: ({ headOnMean }) => formatFixed(headOnMean, 3) },
  { head: 'Norm of mean', cell: ({ rawMeanNorm }) => formatFixed(rawMeanNorm, 3) },
];

/** The buckets, highest first. */
export function renderBuckets({ buckets, meanCheck }: ReportData): Html {
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  if (total === 0) return renderSection('buckets', 'Buckets', LEAD, renderEmpty('All buckets are empty.'));
  return renderSection('buckets', 'Buckets', LEAD, [
    renderTable(
      bucketTable(buckets, total, ({ name }) => name, COLUMNS),
      [...buckets].reverse(),
    ),
    renderCheck(meanCheck),
  ]);
}

function renderCheck(meanCheck: number | null): Html | null {
  if (meanCheck === null) return null;
  if (meanCheck <= MEAN_TOLERANCE) {
    return html`<p class="note">Checked: the head\u2019s score of each bucket\u2019s mean embedding equals the mean of its scores (largest difference ${formatTiny(meanCheck)}).</p>`;
  }
  return html`<p class="notice">The head\u2019s score of a bucket\u2019s mean embedding and the mean of its scores differ by ${formatTiny(meanCheck)}. Rounding explains ${formatTiny(MEAN_TOLERANCE)} at most: sums and scores do not belong together.</p>`;
}
