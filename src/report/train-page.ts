import { drawCalibration } from './charts/calibration.ts';
import { drawLines } from './charts/lines.ts';
import { drawMemberCurves } from './charts/member-curves.ts';
import { type Drawing, openDrawing } from './charts/plot.ts';
import { renderRatioLines } from './charts/ratio-lines.ts';
import { formatCount, NO_VALUE } from './format.ts';
import { type Html, html } from './html.ts';
import { renderPage } from './page.ts';
import { renderLessons } from './sections/lessons.ts';
import { renderEmpty, renderSection, renderTable } from './sections/section.ts';
import { CHART_STYLE } from './styles/charts.ts';
import { LINE_STYLE } from './styles/lines.ts';
import { PAGE_STYLE } from './styles/page.ts';
import { POINT_STYLE } from './styles/points.ts';
import { TABLE_STYLE } from './styles/tables.ts';
import { TRAINING_STYLE } from './styles/training.ts';
import type { Calibration, MemberCurve, TrainPageData, TriedPenalties } from './train-page-data.ts';

const STYLE = [PAGE_STYLE, CHART_STYLE, LINE_STYLE, TABLE_STYLE, POINT_STYLE, TRAINING_STYLE].join('');
const DIGITS = 4;

/** The page of a training as one HTML file that opens offline and runs no script. */
export async function renderTrainPage(data: TrainPageData): Promise<string> {
  const drawing = await openDrawing();
  const {
    question,
    method,
    figures,
    curves,
    ratios,
    rankings = [],
    penalties,
    calibration,
    worst,
    best,
  } = data;
  const hasTraining = curves.length > 0 || penalties !== null;
  return renderPage({
    title: `${question}: a head by ${method}`,
    style: STYLE,
    hasImages: true,
    top: html`<header class="top">
<p class="kicker">Bowerbird train, ${method}</p>
<h1>${question}</h1>
<dl class="figures">
${figures.map(({ name, value, note }) => html`<div class="figure"><dt>${name}</dt><dd>${value} <small>${note}</small></dd></div>\n`)}</dl>
</header>
`,
    contents: [
      ...(hasTraining ? [['training', 'Training'] as const] : []),
      ...(ratios.length > 0 ? [['ratios', 'Too little?'] as const] : []),
      ...(rankings.length > 0 ? [['rankings', 'Order'] as const] : []),
      ['calibration', 'Calibration'],
      ['worst', 'Farthest off'],
      ['best', 'Nearest'],
      ['figures', 'Figures'],
      ['source', 'Source'],
    ],
    main: html`${curves.length > 0 ? renderCurves(drawing, curves, data.curvesLead) : null}
${penalties ? renderPenalties(drawing, penalties) : null}
${ratios.length > 0 ? renderRatios(drawing, ratios) : null}
${rankings.length > 0 ? renderRankings(drawing, rankings) : null}
${renderCalibration(drawing, calibration)}
${renderSection('worst', 'Farthest off', 'Held-out answers that the head is farthest from: its mistakes, and what it is least sure of.', renderLessons(worst))}
${renderSection('best', 'Nearest', 'Held-out answers that it is nearest to.', renderLessons(best))}
${renderMeasures(data)}
${renderSource(data)}`,
    bowerbirdVersion: data.bowerbirdVersion,
  });
}

function number(value: number | null | undefined): string {
  if (value === null || value === undefined) return NO_VALUE;
  return String(Number(value.toPrecision(DIGITS))).replace('-', '\u2212');
}

const ENSEMBLE_LEAD =
  'Loss by step. Thin lines are networks, thick ones their mean, and a dot is where a network is kept: its loss on what is held out, smoothed, was lowest there.';

function renderCurves(drawing: Drawing, members: readonly MemberCurve[], lead = ENSEMBLE_LEAD): Html {
  const wide = drawMemberCurves(drawing, members, 'wide');
  const chart = wide
    ? html`<figure class="plot">
${wide}
${drawMemberCurves(drawing, members, 'narrow')}
</figure>`
    : renderEmpty('No network was looked at.');
  const lines = members.map((member, i) => ({ ...member, number: i }));
  const atKept = ({ points, keptStep }: MemberCurve) => points.find(({ step }) => step === keptStep);
  const table = renderTable(
    {
      label: 'Networks',
      className: 'plain',
      head: 'Network',
      name: ({ number: place }) => `${place + 1}`,
      columns: [
        { head: 'Kept at step', cell: ({ keptStep }) => formatCount(keptStep) },
        { head: 'of', cell: ({ points }) => formatCount(points.at(-1)?.step ?? 0) },
        { head: 'Loss while training', cell: (member) => number(atKept(member)?.training) },
        { head: 'held out', cell: (member) => number(atKept(member)?.heldOut) },
        { head: 'held out at the end', cell: ({ points }) => number(points.at(-1)?.heldOut) },
      ],
    },
    lines,
  );
  return renderSection('training', 'Training', lead, html`${chart}${table}`);
}

function renderRankings(drawing: Drawing, lines: NonNullable<TrainPageData['rankings']>): Html {
  const chart = {
    ...{ label: 'Ranking accuracy by step', lines, xLabel: 'step', yLabel: 'share in place' },
    ...{ isLogX: false, isLogY: false, namesAt: 'ends' as const },
  };
  return renderSection(
    'rankings',
    'Order',
    'So many posts are drawn and put in order by their truth and by the network: the share that stands in its right place, on what is held out. Chance gives one over their number.',
    html`<figure class="plot">
${drawLines(drawing, chart, 'wide')}
${drawLines(drawing, chart, 'narrow')}
</figure>`,
  );
}

function renderRatios(drawing: Drawing, ratios: TrainPageData['ratios']): Html {
  return renderSection(
    'ratios',
    'Too little?',
    'The sum of predictions over the sum of what is true, on what is held out, by step; the mean of the networks. Below the dashed line too little is predicted.',
    renderRatioLines(drawing, ratios),
  );
}

function renderPenalties(drawing: Drawing, { measure, tried, chosen }: TriedPenalties): Html {
  const points = tried
    .filter(({ penalty, error }) => penalty > 0 && Number.isFinite(error))
    .map(({ penalty, error }) => ({ x: Math.log10(penalty), y: error }))
    .sort((a, b) => a.x - b.x);
  const chart = {
    label: `${measure} by penalty`,
    lines: [{ name: measure, points }],
    ...{
      xLabel: 'penalty, as a power of ten',
      yLabel: measure,
      isLogX: false,
      isLogY: false,
      namesAt: 'ends' as const,
    },
  };
  const drawn =
    points.length > 1
      ? html`<figure class="plot">
${drawLines(drawing, chart, 'wide')}
${drawLines(drawing, chart, 'narrow')}
</figure>`
      : null;
  const table = renderTable(
    {
      label: 'Penalties',
      className: 'plain',
      head: 'Penalty',
      name: ({ penalty }: { penalty: number }) =>
        penalty === chosen ? html`<b>${number(penalty)}, taken</b>` : number(penalty),
      columns: [{ head: measure, cell: ({ error }: { error: number }) => number(error) }],
    },
    tried,
  );
  const lead = `What each penalty on large weights came to on answers that had no part in its fit.`;
  return renderSection('training', 'Training', lead, html`${drawn}${table}`);
}

function renderCalibration(drawing: Drawing, calibration: Calibration | null): Html {
  if (calibration === null || calibration.points.length === 0) {
    const lead = 'Whether the head is as right as it is sure.';
    return renderSection('calibration', 'Calibration', lead, renderEmpty('No answer is held out.'));
  }
  const { points, lead } = calibration;
  const table = renderTable(
    {
      label: 'Groups of like predictions',
      className: 'plain',
      head: 'Predicted',
      name: ({ predicted }) => number(predicted),
      columns: [
        { head: 'Came true', cell: ({ truth }) => number(truth) },
        { head: '95 % from', cell: ({ low }) => number(low) },
        { head: 'to', cell: ({ high }) => number(high) },
        { head: 'Answers', cell: ({ count }) => formatCount(count) },
      ],
    },
    points,
  );
  const chart = html`<figure class="plot">
${drawCalibration(drawing, calibration, 'wide')}
${drawCalibration(drawing, calibration, 'narrow')}
</figure>`;
  return renderSection('calibration', 'Calibration', lead, html`${chart}${table}`);
}

interface MeasureRow {
  readonly name: string;
  readonly values: Readonly<Record<string, number | null>>;
}

function renderMeasures({ measures }: TrainPageData): Html {
  const rows: MeasureRow[] = Object.entries(measures).map(([name, values]) => ({ name, values }));
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const table = renderTable(
    {
      label: 'Figures',
      className: 'plain',
      head: 'Of',
      name: ({ name }: MeasureRow) => name.replaceAll('_', ' '),
      columns: names.map((measure) => ({
        head: measure.replaceAll('_', ' '),
        cell: ({ values }: MeasureRow) => number(values[measure]),
      })),
    },
    rows,
  );
  const lead = 'Figures of the head on what it learned from, and on what is held out.';
  return renderSection('figures', 'Figures', lead, table);
}

function renderSource({ facts, command }: TrainPageData): Html {
  return renderSection(
    'source',
    'Source',
    'How this head was made. All of it, and the curves as numbers, lie in training.json.',
    html`<dl class="facts">
${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>
<div class="sessions"><pre><code>${command}</code></pre></div>`,
  );
}
