import { drawHistogram } from '../charts/histogram.ts';
import type { Drawing } from '../charts/plot.ts';
import { formatCount, formatPlain } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportBin, ReportData, ReportThresholds } from '../report-data.ts';
import { hasScoreSource } from '../wording.ts';
import { renderEmpty, renderSection } from './section.ts';

/** The score histogram. */
export function renderScores(data: ReportData, drawing: Drawing): Html {
  const { histogram, thresholds } = data;
  const hasScores = histogram.some((bin) => bin.count > 0);
  const body = hasScores
    ? renderCharts(histogram, thresholds.minAesthetic, drawing)
    : renderEmpty(whyNoScores(data));
  return renderSection('scores', 'Scores', leadOf(thresholds), body);
}

function leadOf({ minAesthetic, maxPunsafe, maxPwatermark }: ReportThresholds): string {
  if (minAesthetic === null) return 'Images by aesthetic score. No aesthetic threshold was set.';
  const others = maxPunsafe !== null || maxPwatermark !== null ? ' and pass the other rules' : '';
  return `Images by aesthetic score. To be kept, one must lie above ${formatPlain(minAesthetic)}${others}.`;
}

function whyNoScores({ rows, provenance }: ReportData): string {
  if (rows.successes === 0) return 'No image was scored.';
  if (hasScoreSource(provenance.scoreSource)) return 'No image has an aesthetic score.';
  return 'This run had neither an aesthetic head nor a column of aesthetic scores.';
}

function renderCharts(bins: readonly ReportBin[], threshold: number | null, drawing: Drawing): Html {
  return html`<figure class="plot">
${drawHistogram(drawing, bins, threshold, 'wide')}
${drawHistogram(drawing, bins, threshold, 'narrow')}
<figcaption>${bins.some(({ count, kept }) => count > kept) ? html`<ul class="legend"><li><i class="kept"></i>Kept</li><li><i class="dropped"></i>Dropped</li></ul>` : null}${renderTails(bins)}</figcaption>
</figure>`;
}

/** The tails have no width to draw them with. */
function renderTails(bins: readonly ReportBin[]): Html[] {
  return bins
    .filter(({ from, to, count }) => count > 0 && !(Number.isFinite(from) && Number.isFinite(to)))
    .map(({ from, to, count }) => {
      const where = Number.isFinite(to) ? `below ${formatPlain(to)}` : `${formatPlain(from)} or more`;
      return html`<p>Not drawn: ${formatCount(count)} with a score of ${where}.</p>`;
    });
}
