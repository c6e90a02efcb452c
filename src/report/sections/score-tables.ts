import type { BucketPageData, BucketPageGroups } from '../bucket-page-data.ts';
import { formatCount, formatFixed, formatShare } from '../format.ts';
import { type Html, type HtmlValue, html } from '../html.ts';
import { bucketTable } from './bucket-table.ts';
import { renderEmpty, renderSection, renderTable, type Table } from './section.ts';

type BucketRow = BucketPageData['buckets'][number] & {
  /** Scores in this bucket and in those above it. */
  readonly fromHereUp: number;
};
type GroupRow = BucketPageGroups['top'][number];

const LEAD = 'A bucket includes its lower bound and not its upper one; LAION\u2019s include both.';

/** The score buckets, highest first, with what lies from each upwards. */
export function renderScoreTable({ buckets, laionTable }: BucketPageData): Html {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return renderSection('buckets', 'Buckets', LEAD, renderEmpty('No row has a score.'));
  let fromHereUp = 0;
  const rows = [...buckets].reverse().map((bucket): BucketRow => {
    fromHereUp += bucket.count;
    return { ...bucket, fromHereUp };
  });
  return renderSection('buckets', 'Buckets', LEAD, [
    renderTable(
      bucketTable(rows, total, ({ bucket }) => bucket, [
        { head: 'From here up', cell: (row) => formatCount(row.fromHereUp) },
        { head: 'Share from here up', cell: (row) => formatShare(row.fromHereUp, total) },
      ]),
      rows,
    ),
    html`<p class="note">In LAION\u2019s form, without scores below 0 and from 10 on:</p><pre class="laion"><code>${laionTable}</code></pre>`,
  ]);
}

const QUANTILES: Table<BucketPageData['quantiles'][number]> = {
  label: 'Scores by share of images',
  className: 'quantiles',
  head: 'Share of scored images',
  name: ({ share }) => share,
  columns: [{ head: 'Have at most this score', cell: ({ score }) => formatFixed(score, 4) }],
};

/** Scores by share of the images. */
export function renderQuantiles({ quantiles }: BucketPageData): Html | null {
  if (quantiles.length === 0) return null;
  const lead = 'Exact: each is a score that occurs, the least that this share of the images does not exceed.';
  return renderSection('quantiles', 'Quantiles', lead, renderTable(QUANTILES, quantiles));
}

/** The table by a column, or by domain. */
export function renderGroups(groups: BucketPageGroups | null): Html | null {
  if (groups === null) return null;
  const { by, top, groupCount, rows } = groups;
  const shown = top.reduce((sum, group) => sum + group.rows, 0);
  const rest = groupCount - top.length;
  return renderSection(
    'groups',
    `By ${by}`,
    'The last columns are shares of the scored images strictly above a score.',
    [
      renderTable(groupTable(groups), top),
      rest > 0
        ? html`<p class="note">and ${formatCount(rest)} more, with ${formatCount(rows - shown)} of ${formatCount(rows)} images</p>`
        : null,
    ],
  );
}

function groupTable({ by, thresholds }: BucketPageGroups): Table<GroupRow> {
  return {
    label: `Groups by ${by}`,
    className: 'groups',
    head: by,
    name: ({ name }) => html`<bdi>${nameOf(name)}</bdi>`,
    columns: [
      { head: 'Images', cell: ({ rows }) => formatCount(rows) },
      { head: 'Scored', cell: ({ scored }) => formatCount(scored) },
      { head: 'Mean score', cell: ({ meanAesthetic }) => formatFixed(meanAesthetic, 3) },
      { head: 'Mean punsafe', cell: ({ meanPunsafe }) => formatFixed(meanPunsafe, 3) },
      ...thresholds.map((k, i) => ({
        head: `> ${k}`,
        cell: ({ above, scored }: GroupRow) => formatShare(above[i]!, scored),
      })),
    ],
  };
}

function nameOf(name: string | null): HtmlValue {
  if (name === null) return html`<em>none</em>`;
  return name === '' ? html`<em>empty</em>` : name;
}
