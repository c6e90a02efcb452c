import { type Drawing, openDrawing } from '../charts/plot.ts';
import { renderRatioLines } from '../charts/ratio-lines.ts';
import { formatCount } from '../format.ts';
import { type Html, html } from '../html.ts';
import { renderPage } from '../page.ts';
import { renderSection } from '../sections/section.ts';
import { CHART_STYLE } from '../styles/charts.ts';
import { EVALUATION_STYLE } from '../styles/evaluation.ts';
import { LINE_STYLE } from '../styles/lines.ts';
import { PAGE_STYLE } from '../styles/page.ts';
import { POINT_STYLE } from '../styles/points.ts';
import { TABLE_STYLE } from '../styles/tables.ts';
import { renderDisagreements, renderSheets, renderTaste, renderThresholds } from './collection.ts';
import type { EvaluationPageData, PageHead } from './data.ts';
import { renderPart } from './figures.ts';

const STYLE = [PAGE_STYLE, CHART_STYLE, LINE_STYLE, TABLE_STYLE, POINT_STYLE, EVALUATION_STYLE].join('');

/** The page as one HTML file that opens offline and runs no script; pictures are part of it. */
export async function renderEvaluationPage(data: EvaluationPageData): Promise<string> {
  const drawing = await openDrawing();
  const { collection, heads, command } = data;
  const parts = data.parts.filter(({ rater }) => rater === null);
  const trained = heads.filter(({ ratios }) => ratios.length > 1).slice(0, MOST_LINES);
  const sheets = collection?.sheets ?? [];
  const disagreements = collection?.disagreements ?? [];
  return renderPage({
    title: `Evaluation of ${heads.length === 1 ? heads[0]!.name : `${heads.length} heads`}: ${data.question}`,
    style: STYLE,
    hasImages: true,
    top: renderTop(data),
    contents: [
      ...parts.map(({ id, title }) => [id, title] as const),
      ...(trained.length > 0 ? [['training', 'While training'] as const] : []),
      ...(heads.length > 1 || data.parts.length > parts.length ? [['taste', 'Whose taste'] as const] : []),
      ...(collection ? [['thresholds', 'Thresholds'] as const] : []),
      ...(disagreements.length > 0 ? [['disagreements', 'Disagreements'] as const] : []),
      ...(sheets.length > 0 ? [['percentiles', 'Percentiles'] as const] : []),
      ['source', 'Source'],
    ],
    main: html`${parts.map((part) => renderPart(drawing, part))}
${trained.length > 0 ? renderTraining(drawing, trained) : null}
${heads.length > 1 || data.parts.length > parts.length ? renderTaste(drawing, data) : null}
${collection ? renderThresholds(collection) : null}
${disagreements.length > 0 ? renderDisagreements(disagreements) : null}
${sheets.length > 0 ? renderSheets(sheets) : null}
${renderSection('source', 'Source', `How this page was made. Intervals and tests are of ${formatCount(data.resamples)} resamples of samples.`, html`<div class="sessions"><pre><code>${command}</code></pre></div>`)}`,
    bowerbirdVersion: data.bowerbirdVersion,
  });
}

/** The chart of lines tells four apart. */
const MOST_LINES = 4;

function renderTraining(drawing: Drawing, heads: readonly PageHead[]): Html {
  const lines = heads.map(({ letter, ratios, ratiosOf }) => ({
    name: `${letter}, in ${ratiosOf}`,
    points: ratios,
  }));
  return renderSection(
    'training',
    'While training',
    'The sum of predictions over the sum of what is true, on what the training of each head held out, by step; the mean of its networks. Below the dashed line too little is predicted.',
    renderRatioLines(drawing, lines),
  );
}

function renderTop({ question, answers, samples, heldOut, notes, heads }: EvaluationPageData): Html {
  return html`<header class="top">
<p class="kicker">Bowerbird evaluation</p>
<h1>${question}</h1>
<dl class="figures">
<div class="figure"><dt>Answers</dt><dd>${formatCount(answers)}</dd></div>
<div class="figure"><dt>Samples</dt><dd>${formatCount(samples)}</dd></div>
<div class="figure"><dt>Held out</dt><dd>${formatCount(heldOut)}</dd></div>
</dl>
<ul class="heads">${heads.map(
    ({ letter, name, facts }) => html`<li><b>${letter}</b><code>${name}</code><p>${facts}</p></li>\n`,
  )}</ul>
${notes.map((note) => html`<p class="notice">${note}</p>\n`)}</header>
`;
}
