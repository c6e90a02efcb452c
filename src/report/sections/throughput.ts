import { renderBar } from '../charts/bar.ts';
import type { Drawing } from '../charts/plot.ts';
import { drawThroughput } from '../charts/throughput.ts';
import { type Timeline, timelineOf } from '../charts/timeline.ts';
import { formatCount, formatDuration, formatFixed, formatRate, formatShare, NO_VALUE } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { describeBottleneck, type StageLoad, stageLoads } from '../stage-loads.ts';
import { columnHead, renderEmpty, renderSection, renderTable } from './section.ts';

/** How fast the run was, and which stage held it up. */
export function renderThroughput({ paces }: ReportData, drawing: Drawing): Html {
  const timeline = timelineOf(paces);
  if (timeline.activeSeconds === 0) {
    return renderSection(
      'speed',
      'Speed',
      'How fast rows went through.',
      renderEmpty('No time was recorded.'),
    );
  }
  const loads = stageLoads(paces, timeline.activeSeconds);
  return renderSection(
    'speed',
    'Speed',
    describeRates(paces, timeline),
    html`<figure class="plot">${drawThroughput(drawing, timeline, 'wide')}
${drawThroughput(drawing, timeline, 'narrow')}</figure>
${renderLoads(loads)}<p class="note">${describeBottleneck(loads)}</p>`,
  );
}

function describeRates(paces: ReportData['paces'], { activeSeconds }: Timeline): string {
  const rows = paces.reduce((sum, pace) => sum + pace.rows, 0);
  const images = paces.reduce((sum, pace) => sum + pace.successes, 0);
  return (
    `${formatCount(rows)} rows in ${formatDuration(activeSeconds)} of work: ` +
    `${formatRate(rows / activeSeconds)} rows and ${formatRate(images / activeSeconds)} scored images per second.`
  );
}

function renderLoads(loads: readonly StageLoad[]): Html {
  const largest = Math.max(...loads.map(({ atOnce }) => atOnce), Number.MIN_VALUE);
  const head = [
    columnHead('Stage'),
    columnHead('Load as a bar', 'bar'),
    ...['At once', 'Per row', 'Busy'].map((text) => columnHead(text)),
  ];
  return renderTable(
    'Stages',
    'stages',
    head,
    loads.map((load) => renderLoad(load, largest)),
  );
}

function renderLoad({ stage, busyShare, atOnce, secondsPerRow }: StageLoad, largest: number): Html {
  const bar = renderBar([{ from: 0, length: busyShare ?? atOnce / largest, className: 'plain' }]);
  const busy = busyShare === null ? NO_VALUE : formatShare(busyShare, 1);
  return html`<tr><th scope="row">${stage}</th><td class="wide-bar">${bar}</td><td>${formatFixed(atOnce, 1)}</td><td>${formatDuration(secondsPerRow)}</td><td>${busy}</td></tr>
`;
}
