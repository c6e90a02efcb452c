import { MEAN_TOLERANCE } from '../../scores/summary.ts';
import { formatFixed, formatTiny } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportBucket, ReportData, ScoreSource } from '../report-data.ts';
import { bucketInUnit } from '../wording.ts';
import { bucketTable } from './bucket-table.ts';
import { renderEmpty, renderSection, renderTable, type Table } from './section.ts';

const LEAD = 'A bucket includes its lower bound and not its upper one.';

const COLUMNS: Table<ReportBucket>['columns'] = [
  { head: 'Head on mean', cell: ({ headOnMean }) => formatFixed(headOnMean, 3) },
  { head: 'Norm of mean', cell: ({ rawMeanNorm }) => formatFixed(rawMeanNorm, 3) },
];

/** The buckets, highest first. */
export function renderBuckets({ buckets, meanCheck, provenance }: ReportData): Html {
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  if (total === 0) return renderSection('buckets', 'Buckets', LEAD, renderEmpty('All buckets are empty.'));
  return renderSection('buckets', 'Buckets', LEAD, [
    renderTable(
      bucketTable(buckets, total, ({ name }) => name, [...COLUMNS, ...unitColumn(provenance.scoreSource)]),
      [...buckets].reverse(),
    ),
    renderCheck(meanCheck),
  ]);
}

/** What the bounds of a bucket are in the unit of the head's label. */
function unitColumn({ label }: ScoreSource): Table<ReportBucket>['columns'] {
  return label === null ? [] : [{ head: `In ${label.unit}`, cell: ({ name }) => bucketInUnit(name, label) }];
}

function renderCheck(meanCheck: number | null): Html | null {
  if (meanCheck === null) return null;
  if (meanCheck <= MEAN_TOLERANCE) {
    return html`<p class="note">Checked: the head\u2019s score of each bucket\u2019s mean embedding equals the mean of its scores (largest difference ${formatTiny(meanCheck)}).</p>`;
  }
  return html`<p class="notice">The head\u2019s score of a bucket\u2019s mean embedding and the mean of its scores differ by ${formatTiny(meanCheck)}. Rounding explains ${formatTiny(MEAN_TOLERANCE)} at most: sums and scores do not belong together.</p>`;
}
