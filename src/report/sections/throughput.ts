import { renderBar } from '../charts/bar.ts';
import type { Drawing } from '../charts/plot.ts';
import { drawThroughput } from '../charts/throughput.ts';
import { type Timeline, timelineOf } from '../charts/timeline.ts';
import { formatCount, formatDuration, formatFixed, formatRate, formatShare } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../report-data.ts';
import { describeBottleneck, type StageLoad, stageLoads } from '../stage-loads.ts';
import { renderEmpty, renderSection, renderTable, type Table } from './section.ts';

/** How fast the run was, and which stage held it up. */
export function renderThroughput({ paces, provenance }: ReportData, drawing: Drawing): Html {
  const timeline = timelineOf(paces);
  if (timeline.activeSeconds === 0) {
    return renderSection(
      'speed',
      'Speed',
      'How fast rows went through.',
      renderEmpty('No time was recorded.'),
    );
  }
  return renderSection(
    'speed',
    'Speed',
    describeRates(paces, timeline),
    html`<figure class="plot">${drawThroughput(drawing, timeline, 'wide')}
${drawThroughput(drawing, timeline, 'narrow')}</figure>
${provenance.scoreSource.storedEmbeddings ? null : renderStages(paces, timeline)}`,
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

/** A run over stored embeddings has one stage, and nothing to compare it with. */
function renderStages(paces: ReportData['paces'], { activeSeconds }: Timeline): Html {
  const loads = stageLoads(paces, activeSeconds).filter(({ secondsPerRow }) => secondsPerRow > 0);
  if (loads.length === 0) return renderEmpty('No stage had any work.');
  return html`${renderTable(tableOf(loads), loads)}<p class="note">${describeBottleneck(loads)}</p>`;
}

function tableOf(loads: readonly StageLoad[]): Table<StageLoad> {
  const largest = Math.max(...loads.map(({ atOnce }) => atOnce), Number.MIN_VALUE);
  return {
    label: 'Stages',
    className: 'stages',
    head: 'Stage',
    name: ({ stage }) => stage,
    columns: [
      {
        head: 'Load as a bar',
        kind: 'bar',
        cell: ({ busyShare, atOnce }) =>
          renderBar([{ from: 0, length: busyShare ?? atOnce / largest, className: 'plain' }]),
      },
      { head: 'At once', cell: ({ atOnce }) => formatFixed(atOnce, 1) },
      { head: 'Per row', cell: ({ secondsPerRow }) => formatDuration(secondsPerRow) },
      { head: 'Busy', cell: ({ busyShare }) => (busyShare === null ? null : formatShare(busyShare, 1)) },
    ],
  };
}
