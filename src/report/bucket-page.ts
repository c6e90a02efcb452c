import type { WhatIfCells } from '../scores/what-if-count.ts';
import type { BucketPageData } from './bucket-page-data.ts';
import { drawHistogram } from './charts/histogram.ts';
import { type Drawing, openDrawing } from './charts/plot.ts';
import { formatCount, formatFixed, formatPlain, formatShare } from './format.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import { type Page, renderPage } from './page.ts';
import type { ReportBin } from './report-data.ts';
import { renderGroups, renderQuantiles, renderScoreTable } from './sections/score-tables.ts';
import { renderEmpty, renderSection } from './sections/section.ts';
import { describeFailed, renderWhatIf } from './sections/what-if.ts';
import { CHART_STYLE } from './styles/charts.ts';
import { PAGE_STYLE } from './styles/page.ts';
import { TABLE_STYLE } from './styles/tables.ts';
import { WHAT_IF_STYLE } from './styles/what-if.ts';
import { whatIfScript } from './what-if-script.ts';

export type { BucketPageData } from './bucket-page-data.ts';

const STYLE = [PAGE_STYLE, CHART_STYLE, TABLE_STYLE, WHAT_IF_STYLE].join('');
const SCRIPT = whatIfScript();
const MAX_SOURCES = 20;

/**
 * The page of `bowerbird buckets` as one HTML file that opens offline: histogram, tables and the what-if control.
 * Its one script is our own and named by its hash in the page's policy; nothing else may run or load.
 */
export async function renderBucketPage(data: BucketPageData): Promise<string> {
  const drawing = await openDrawing();
  const bins = binsOf(data.cells);
  const drawn = bins.filter(({ from, to, count }) => count > 0 && Number.isFinite(to - from));
  return renderPage({
    title: `${data.title}: ${formatCount(data.states.scored)} scores`,
    style: STYLE,
    script: SCRIPT,
    top: renderTop(data),
    contents: contentsOf(data),
    main: html`${renderWhatIf(
      data,
      drawn.map(({ to }) => to),
    )}
${renderHistogram(drawing, bins, drawn)}
${renderScoreTable(data)}
${renderQuantiles(data)}
${renderGroups(data.groups)}
${renderSources(data)}`,
    bowerbirdVersion: data.bowerbirdVersion,
  });
}

/** Bins of 0.1 from the cube's cells, over all punsafe and pwatermark. They are open below and closed above. */
function binsOf({ edges, cells, counts }: WhatIfCells): ReportBin[] {
  const [aesthetic, punsafe, pwatermark] = edges;
  const plane = (punsafe.length + 2) * (pwatermark.length + 2);
  const totals = new Float64Array(aesthetic.length + 2);
  for (let i = 0; i < cells.length; i++) totals[Math.floor(cells[i]! / plane)]! += counts[i]!;
  return Array.from(totals.subarray(0, aesthetic.length + 1), (count, cell) => ({
    from: aesthetic[cell - 1] ?? Number.NEGATIVE_INFINITY,
    to: aesthetic[cell] ?? Number.POSITIVE_INFINITY,
    count,
    kept: count,
  }));
}

function renderTop({ title, states, meanScore, quantiles }: BucketPageData): Html {
  const { scored, nullScores, nanScores, failed } = states;
  const rows = scored + nullScores + nanScores + failed;
  const median = quantiles.find(({ share }) => Number(share) === 0.5);
  const figure = (label: string, value: string, note: HtmlValue = null): Html =>
    html`<div class="figure"><dt>${label}</dt><dd>${value}${note}</dd></div>
`;
  const part = (count: number): Html => html` <small>${formatShare(count, rows)} of rows</small>`;
  return html`<header class="top">
<p class="kicker">Bowerbird buckets</p>
<h1><bdi>${title}</bdi></h1>
<dl class="figures">
${figure('Rows', formatCount(rows))}${figure('Scored', formatCount(scored), part(scored))}${nullScores + nanScores > 0 ? figure('Without a score', formatCount(nullScores + nanScores), part(nullScores + nanScores)) : null}${failed > 0 ? figure('Failed', formatCount(failed), part(failed)) : null}${figure('Mean score', formatFixed(meanScore, 3), median ? html` <small>median ${formatFixed(median.score, 3)}</small>` : null)}</dl>
</header>
`;
}

function contentsOf({ quantiles, groups }: BucketPageData): Page['contents'] {
  return [
    ['what-if', 'What if'],
    ['scores', 'Scores'],
    ['buckets', 'Buckets'],
    ...(quantiles.length > 0 ? [['quantiles', 'Quantiles'] as const] : []),
    ...(groups ? [['groups', `By ${groups.by}`] as const] : []),
    ['sources', 'Sources'],
  ];
}

function renderHistogram(drawing: Drawing, bins: readonly ReportBin[], drawn: readonly ReportBin[]): Html {
  const lead = 'Scored images by aesthetic score. Grey is what the aesthetic threshold above leaves out.';
  if (drawn.length === 0)
    return renderSection('scores', 'Scores', lead, renderEmpty('No score lies from 0 to 10.'));
  const tails = bins
    .filter(({ from, to, count }) => count > 0 && !Number.isFinite(to - from))
    .map(({ from, to, count }) => {
      const where = Number.isFinite(to) ? `of at most ${formatPlain(to)}` : `above ${formatPlain(from)}`;
      return html`<p>Not drawn: ${formatCount(count)} with a score ${where}.</p>`;
    });
  return renderSection(
    'scores',
    'Scores',
    lead,
    html`<figure class="plot">
${drawHistogram(drawing, drawn, null, 'wide')}
${drawHistogram(drawing, drawn, null, 'narrow')}
<figcaption>${tails}</figcaption>
</figure>`,
  );
}

function renderSources({ sources, skipped, command, states }: BucketPageData): Html {
  const more = sources.length - MAX_SOURCES;
  const body = html`<div class="sessions"><pre><code>${command}</code></pre></div>
${describeFailed(states.failed)}
<h3>Counted</h3><ul>${sources.slice(0, MAX_SOURCES).map((source) => html`<li><code class="digest">${source}</code></li>`)}</ul>
${more > 0 ? html`<p class="note">and ${formatCount(more)} more</p>` : null}
${skipped.length > 0 ? html`<h3>Passed over</h3><ul>${skipped.slice(0, MAX_SOURCES).map(({ reason }) => html`<li class="notice">${reason}</li>`)}</ul>` : null}
${skipped.length > MAX_SOURCES ? html`<p class="note">${formatCount(skipped.length)} files in all</p>` : null}`;
  return renderSection('sources', 'Sources', 'Where the numbers come from.', body);
}
