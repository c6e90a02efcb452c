import { bucketLabel } from '../bucket-label.ts';
import { renderBar } from '../charts/bar.ts';
import { formatCount, formatFixed, formatShare, formatTiny } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportBucket, ReportData } from '../report-data.ts';
import { columnHead, renderEmpty, renderSection, renderTable } from './section.ts';

/** The head's score of a bucket's mean equals the mean of the bucket's scores to this, or the sums are wrong. */
const MEAN_TOLERANCE = 1e-5;

const LEAD =
  'A bucket includes its lower bound and not its upper one. The mean embedding of each is in bucket_means.';

/** The buckets, highest first. */
export function renderBuckets({ buckets, meanCheck }: ReportData): Html {
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  if (total === 0) return renderSection('buckets', 'Buckets', LEAD, renderEmpty('All buckets are empty.'));
  const largest = Math.max(...buckets.map((bucket) => bucket.count));
  const head = [
    columnHead('Score'),
    columnHead('Images as a bar', 'bar'),
    ...['Images', 'Share', 'Mean score', 'Head on mean', 'Norm of mean'].map((text) => columnHead(text)),
  ];
  const rows = [...buckets].reverse().map((bucket) => renderRow(bucket, total, largest));
  return renderSection('buckets', 'Buckets', LEAD, [
    renderTable('Score buckets', 'buckets', head, rows),
    renderCheck(meanCheck),
  ]);
}

function renderRow(bucket: ReportBucket, total: number, largest: number): Html {
  const { name, count, meanScore, headOnMean, rawMeanNorm } = bucket;
  const cells = [
    formatCount(count),
    formatShare(count, total),
    formatFixed(meanScore, 3),
    formatFixed(headOnMean, 3),
    formatFixed(rawMeanNorm, 3),
  ];
  const bar = renderBar([{ from: 0, length: count / largest, className: 'plain' }]);
  return html`<tr class="${count === 0 ? 'none' : 'some'}"><th scope="row">${bucketLabel(name)}</th><td class="wide-bar">${bar}</td>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`;
}

function renderCheck(meanCheck: number | null): Html {
  if (meanCheck === null) {
    return html`<p class="note">Without a linear aesthetic head, the means cannot be held against the scores.</p>`;
  }
  if (meanCheck <= MEAN_TOLERANCE) {
    return html`<p class="note">Checked: the head\u2019s score of each bucket\u2019s mean embedding equals the mean of its scores (largest difference ${formatTiny(meanCheck)}). The norm of the mean is near 1 where a bucket\u2019s pictures are alike to the encoder.</p>`;
  }
  return html`<p class="notice">The head\u2019s score of a bucket\u2019s mean embedding and the mean of its scores differ by ${formatTiny(meanCheck)}. Rounding explains ${formatTiny(MEAN_TOLERANCE)} at most: sums and scores do not belong together.</p>`;
}
