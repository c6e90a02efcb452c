import type { TransformedDistribution } from '../scores/distribution.ts';
import type { TransformErrors } from '../scores/label-errors.ts';
import { drawDistribution } from './charts/distribution.ts';
import { drawLines, type LineChart } from './charts/lines.ts';
import { type Drawing, openDrawing } from './charts/plot.ts';
import { formatCount, formatFixed } from './format.ts';
import { type Html, html } from './html.ts';
import { renderPage } from './page.ts';
import { renderDistributions } from './sections/distributions.ts';
import { renderSection, renderTable } from './sections/section.ts';
import { CHART_STYLE } from './styles/charts.ts';
import { LINE_STYLE } from './styles/lines.ts';
import { PAGE_STYLE } from './styles/page.ts';
import { TABLE_STYLE } from './styles/tables.ts';

/** What the page of `bowerbird transforms` shows. */
export interface TransformsPageData {
  /** The share of a score that it is off by. */
  readonly error: number;
  readonly isLogGrid: boolean;
  readonly errors: readonly TransformErrors[];
  readonly fit: {
    readonly column: string;
    readonly rows: number;
    readonly distributions: readonly TransformedDistribution[];
  } | null;
  readonly command: string;
  readonly bowerbirdVersion: string;
}

const STYLE = [PAGE_STYLE, CHART_STYLE, LINE_STYLE, TABLE_STYLE].join('');
const MOST_ROWS = 25;

/** The page as one HTML file that opens offline and runs no script. */
export async function renderTransformsPage(data: TransformsPageData): Promise<string> {
  const drawing = await openDrawing();
  const counts = data.errors[0]!.points.map(({ count }) => count);
  const range = `${formatCount(counts[0]!)} to ${formatCount(counts.at(-1)!)}`;
  return renderPage({
    title: `Transforms of counts from ${range}`,
    style: STYLE,
    top: html`<header class="top">
<p class="kicker">Bowerbird transforms</p>
<h1>Counts from ${range}</h1>
<dl class="figures">
${data.errors.map(({ transform, mean }) => html`<div class="figure"><dt>${transform}</dt><dd>${formatCount(mean)} <small>mean error</small></dd></div>\n`)}</dl>
</header>
`,
    contents: [
      ['errors', 'Errors'],
      ['curves', 'Curves'],
      ...(data.fit ? [['fit', data.fit.column] as const] : []),
      ['source', 'Source'],
    ],
    main: html`${renderErrors(drawing, data)}
${renderCurves(drawing, data)}
${data.fit ? renderFit(drawing, data.fit) : null}
${renderSection('source', 'Source', 'How this page was made.', html`<div class="sessions"><pre><code>${data.command}</code></pre></div>`)}`,
    bowerbirdVersion: data.bowerbirdVersion,
  });
}

function figure(drawing: Drawing, chart: LineChart): Html {
  return html`<figure class="plot">
${drawLines(drawing, chart, 'wide')}
${drawLines(drawing, chart, 'narrow')}
</figure>`;
}

function renderErrors(drawing: Drawing, { errors, error, isLogGrid }: TransformsPageData): Html {
  const percent = `${Number((100 * error).toPrecision(6))} %`;
  const chart = {
    label: `Error in counts by count, for ${errors.map(({ transform }) => transform).join(', ')}`,
    lines: errors.map(({ transform, points }) => ({
      name: transform,
      points: points.filter(({ mean }) => mean > 0).map(({ count, mean }) => ({ x: count, y: mean })),
    })),
    ...{
      xLabel: 'count',
      yLabel: 'error in counts',
      isLogX: isLogGrid,
      isLogY: true,
      namesAt: 'ends' as const,
    },
  };
  const counts = errors[0]!.points;
  const every = Math.max(1, Math.ceil((counts.length - 1) / (MOST_ROWS - 1)));
  const rows = counts.map((_, i) => i).filter((i) => i % every === 0 || i === counts.length - 1);
  const table = renderTable(
    {
      label: 'Errors by count',
      className: 'plain',
      head: 'Count',
      name: (i: number) => formatCount(counts[i]!.count),
      columns: errors.flatMap(({ transform, points }) => [
        { head: `${transform} +${percent}`, cell: (i: number) => formatFixed(points[i]!.above, 1) },
        { head: `\u2212${percent}`, cell: (i: number) => formatFixed(points[i]!.below, 1) },
      ]),
    },
    rows,
  );
  return renderSection(
    'errors',
    'Errors',
    `What a score that is off by ${percent} of itself means in counts: the mean of how far above and how far below the count such scores lie.`,
    html`${figure(drawing, chart)}${table}`,
  );
}

function renderCurves(drawing: Drawing, { errors, isLogGrid }: TransformsPageData): Html {
  const chart = {
    label: `Transformed counts, each as a share of its value at the highest count`,
    lines: errors.map(({ transform, points }) => ({
      name: transform,
      points: points.map(({ count, score }) => ({ x: count, y: score / points.at(-1)!.score })),
    })),
    ...{
      xLabel: 'count',
      yLabel: 'score, 1 at the highest count',
      isLogX: isLogGrid,
      isLogY: false,
      namesAt: 'thirds' as const,
    },
  };
  const lead =
    'The transforms themselves. The flatter a curve is where counts are high, the more an error of its score means there.';
  return renderSection('curves', 'Curves', lead, figure(drawing, chart));
}

function renderFit(
  drawing: Drawing,
  { column, rows, distributions }: NonNullable<TransformsPageData['fit']>,
): Html {
  const charts = distributions.map(
    (distribution) => html`<h3>${distribution.transform}</h3>
<figure class="plot">
${drawDistribution(drawing, distribution, 'wide')}
${drawDistribution(drawing, distribution, 'narrow')}
</figure>`,
  );
  const lead = html`Column <code>${column}</code>, ${formatCount(rows)} counts, as it is and transformed. Skewness and kurtosis (less 3) are 0 for a normal distribution.`;
  return renderSection('fit', 'Distribution', lead, html`${renderDistributions(distributions)}${charts}`);
}
