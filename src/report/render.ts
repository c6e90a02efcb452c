import { createHash } from 'node:crypto';
import { openDrawing } from './charts/plot.ts';
import { formatCount } from './format.ts';
import { type Html, html, trustedMarkup } from './html.ts';
import type { ReportData } from './report-data.ts';
import { renderBuckets } from './sections/buckets.ts';
import { renderFailures } from './sections/failures.ts';
import { renderFunnel } from './sections/funnel.ts';
import { renderHeadline } from './sections/headline.ts';
import { renderProvenance } from './sections/provenance.ts';
import { renderSamples, renderThreshold } from './sections/samples.ts';
import { renderScores } from './sections/scores.ts';
import { renderThroughput } from './sections/throughput.ts';
import { CHART_STYLE } from './styles/charts.ts';
import { PAGE_STYLE } from './styles/page.ts';
import { SAMPLE_STYLE } from './styles/samples.ts';
import { TABLE_STYLE } from './styles/tables.ts';

/** The page's one style sheet. The page's policy names its hash, so the page must hold it byte for byte. */
const STYLE = [PAGE_STYLE, CHART_STYLE, TABLE_STYLE, SAMPLE_STYLE].join('');
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const POLICY = `default-src 'none'; img-src data:; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'`;

/**
 * The page of a run as one HTML file that opens offline: no scripts, no links out, thumbnails embedded. All text from
 * the data set is escaped, and the page's own policy forbids whatever an escape might have missed. The same data give the same bytes.
 */
export async function renderReport(data: ReportData): Promise<string> {
  const drawing = await openDrawing();
  const threshold = renderThreshold(data);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trustedMarkup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${data.title}: ${formatCount(data.rows.kept)} of ${formatCount(data.rows.total)} kept</title>
<style>${trustedMarkup(STYLE)}</style>
</head>
<body>
${renderHeadline(data)}
${renderContents(threshold !== null)}
<main>
${renderScores(data, drawing)}
${renderBuckets(data)}
${renderFunnel(data)}
${renderFailures(data)}
${renderSamples(data)}
${threshold}
${renderThroughput(data, drawing)}
${renderProvenance(data)}
</main>
<footer>Made by bowerbird ${data.provenance.bowerbirdVersion}. This page is complete in itself and loads nothing.</footer>
</body>
</html>
`;
  return page.markup;
}

function renderContents(hasThreshold: boolean): Html {
  const entries: readonly [id: string, name: string][] = [
    ['scores', 'Scores'],
    ['buckets', 'Buckets'],
    ['filter', 'Kept and dropped'],
    ['failures', 'Failures'],
    ['samples', 'Samples'],
    ...(hasThreshold ? [['threshold', 'At the threshold'] as [string, string]] : []),
    ['speed', 'Speed'],
    ['provenance', 'Provenance'],
  ];
  return html`<nav aria-label="On this page"><ul>${entries.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>`;
}
