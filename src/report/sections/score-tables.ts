import { bucketLabel } from '../bucket-label.ts';
import type { BucketPageData, BucketPageGroups } from '../bucket-page-data.ts';
import { renderBar } from '../charts/bar.ts';
import { formatCount, formatFixed, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import { columnHead, renderEmpty, renderSection, renderTable } from './section.ts';

const LEAD =
  'A bucket includes its lower bound and not its upper one; LAION\u2019s include both. The last columns count from a bucket upwards.';

/** The score buckets, highest first, with what lies from each upwards. */
export function renderScoreTable({ buckets, laionTable }: BucketPageData): Html {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return renderSection('buckets', 'Buckets', LEAD, renderEmpty('No row has a score.'));
  const largest = Math.max(...buckets.map(({ count }) => count));
  const head = [
    columnHead('Score'),
    columnHead('Images as a bar', 'bar'),
    ...['Images', 'Share', 'Mean score', 'From here up', 'Share'].map((text) => columnHead(text)),
  ];
  let above = 0;
  const rows = [...buckets].reverse().map(({ bucket, count, meanScore }) => {
    above += count;
    const cells = [
      formatCount(count),
      formatShare(count, total),
      formatFixed(meanScore, 3),
      formatCount(above),
      formatShare(above, total),
    ];
    const bar = renderBar([{ from: 0, length: count / largest, className: 'plain' }]);
    return html`<tr class="${count === 0 ? 'none' : 'some'}"><th scope="row">${bucketLabel(bucket)}</th><td class="wide-bar">${bar}</td>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`;
  });
  return renderSection('buckets', 'Buckets', LEAD, [
    renderTable('Score buckets', 'buckets', head, rows),
    html`<p class="note">As LAION writes it, in millions:</p><pre class="laion"><code>${laionTable}</code></pre>`,
  ]);
}

/** Scores by share of the images. */
export function renderQuantiles({ quantiles }: BucketPageData): Html | null {
  if (quantiles.length === 0) return null;
  const head = ['Share of scored images', 'Have at most this score'].map((text) => columnHead(text));
  const rows = quantiles.map(
    ({ share, score }) => html`<tr><th scope="row">${share}</th><td>${formatFixed(score, 4)}</td></tr>
`,
  );
  const lead = 'Exact: each is a score that occurs, the least that this share of the images does not exceed.';
  return renderSection('quantiles', 'Quantiles', lead, renderTable('Quantiles', 'quantiles', head, rows));
}

/** The table by a column, or by domain. */
export function renderGroups(groups: BucketPageGroups | null): Html | null {
  if (groups === null) return null;
  const { by, thresholds, top, groupCount, rows } = groups;
  const head = [by, 'Images', 'Scored', 'Mean score', 'Mean punsafe', ...thresholds.map((k) => `> ${k}`)];
  const lines = top.map(
    ({ name, rows: count, scored, meanAesthetic, meanPunsafe, above }) =>
      html`<tr><th scope="row"><bdi>${name === null ? html`<em>none</em>` : name === '' ? html`<em>empty</em>` : name}</bdi></th><td>${formatCount(count)}</td><td>${formatCount(scored)}</td><td>${formatFixed(meanAesthetic, 3)}</td><td>${formatFixed(meanPunsafe, 3)}</td>${above.map((part) => html`<td>${formatShare(part, scored)}</td>`)}</tr>
`,
  );
  const shown = top.reduce((sum, group) => sum + group.rows, 0);
  const rest = groupCount - top.length;
  return renderSection(
    'groups',
    `By ${by}`,
    'The last columns are shares of the scored images strictly above a score.',
    [
      renderTable(
        `By ${by}`,
        'groups',
        head.map((text) => columnHead(text)),
        lines,
      ),
      rest > 0
        ? html`<p class="note">and ${formatCount(rest)} more, with ${formatCount(rows - shown)} of ${formatCount(rows)} images</p>`
        : null,
    ],
  );
}
