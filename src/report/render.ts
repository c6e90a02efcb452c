import { openDrawing } from './charts/plot.ts';
import { formatCount } from './format.ts';
import { html } from './html.ts';
import { renderPage } from './page.ts';
import type { ReportData } from './report-data.ts';
import { renderBuckets } from './sections/buckets.ts';
import { renderFailures } from './sections/failures.ts';
import { renderFunnel } from './sections/funnel.ts';
import { renderHeadline } from './sections/headline.ts';
import { renderHosts } from './sections/hosts.ts';
import { renderProvenance } from './sections/provenance.ts';
import { renderRepeats } from './sections/repeats.ts';
import { renderSamples, renderThreshold } from './sections/samples.ts';
import { renderScores } from './sections/scores.ts';
import { renderThroughput } from './sections/throughput.ts';
import { CHART_STYLE } from './styles/charts.ts';
import { PAGE_STYLE } from './styles/page.ts';
import { SAMPLE_STYLE } from './styles/samples.ts';
import { TABLE_STYLE } from './styles/tables.ts';

const STYLE = [PAGE_STYLE, CHART_STYLE, TABLE_STYLE, SAMPLE_STYLE].join('');

/**
 * The page of a run as one HTML file that opens offline: no scripts, no links out, thumbnails embedded. All text from
 * the data set is escaped, and the page's own policy forbids whatever an escape might have missed. The same data give the same bytes.
 */
export async function renderReport(data: ReportData): Promise<string> {
  const drawing = await openDrawing();
  const threshold = renderThreshold(data);
  return renderPage({
    title: `${data.title}: ${formatCount(data.rows.kept)} of ${formatCount(data.rows.total)} kept`,
    style: STYLE,
    hasImages: true,
    top: renderHeadline(data),
    contents: [
      ['scores', 'Scores'],
      ['buckets', 'Buckets'],
      ['filter', 'Kept and dropped'],
      ['failures', 'Failures'],
      ...(data.hosts === null ? [] : [['hosts', 'Hosts'] as const]),
      ['samples', 'Samples'],
      ...(threshold === null ? [] : [['threshold', 'At the threshold'] as const]),
      ...(data.repeats === null ? [] : [['repeats', 'Repeated'] as const]),
      ['speed', 'Speed'],
      ['provenance', 'Provenance'],
    ],
    main: html`${renderScores(data, drawing)}
${renderBuckets(data)}
${renderFunnel(data)}
${renderFailures(data)}
${renderHosts(data.hosts)}
${renderSamples(data)}
${threshold}
${renderRepeats(data.repeats)}
${renderThroughput(data, drawing)}
${renderProvenance(data)}`,
    bowerbirdVersion: data.provenance.bowerbirdVersion,
  });
}
