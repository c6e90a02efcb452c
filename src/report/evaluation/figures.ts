import { drawCalibration } from '../charts/calibration.ts';
import { drawGroupedDots, type GroupedDots } from '../charts/grouped-dots.ts';
import { drawIntervals } from '../charts/intervals.ts';
import { drawLines, type LineChart, renderKey } from '../charts/lines.ts';
import type { ChartSize, Drawing } from '../charts/plot.ts';
import { formatCount, formatFixed } from '../format.ts';
import { type Html, html } from '../html.ts';
import { renderEmpty, renderSection, renderTable } from '../sections/section.ts';
import type { PageFigure, PageHeadPart, PagePart } from './data.ts';

/** The chart of lines tells four apart. */
const MOST_LINES = 4;
/** More points of a curve say nothing more at the size of a chart. */
const MOST_POINTS = 400;

/** Both widths of a chart. */
export function figure(draw: (size: ChartSize) => Html, caption?: Html): Html {
  return html`<figure class="plot">
${draw('wide')}
${draw('narrow')}
${caption === undefined ? null : html`<figcaption>${caption}</figcaption>`}</figure>`;
}

/** All that is known of the answers of one mode. */
export function renderPart(drawing: Drawing, part: PagePart): Html {
  const { id, title, unit, heads } = part;
  const counts = heads.map(({ letter, count }) => `${letter} on ${formatCount(count)} ${unit}`).join(', ');
  if (heads.every(({ count }) => count === 0))
    return renderSection(
      id,
      title,
      'What heads make of these answers.',
      renderEmpty(`No ${unit} can be asked.`),
    );
  return renderSection(
    id,
    title,
    `What heads make of these answers: ${counts}. Lines beside dots are 95 % intervals.`,
    html`${renderPrimary(drawing, part)}${renderFigures(part)}${renderTests(part)}${renderRanking(drawing, part)}${renderRoc(drawing, part)}${renderCumulative(drawing, part)}${renderCalibrations(drawing, part)}${renderRanges(drawing, part)}`,
  );
}

function renderPrimary(drawing: Drawing, { measures, heads }: PagePart): Html | null {
  const [primary] = measures;
  const figures = heads.flatMap(({ letter, figures: [first] }) =>
    first && first.value !== null
      ? [{ name: letter, value: first.value, low: first.low, high: first.high }]
      : [],
  );
  if (primary === undefined || figures.length === 0) return null;
  const label = `${wordsOf(primary)} of ${figures.map(({ name }) => name).join(', ')}`;
  return figure((size) => drawIntervals(drawing, { label, xLabel: wordsOf(primary), figures }, size));
}

interface FigureRow {
  readonly name: Html | string;
  /** By head. */
  readonly cells: readonly (Html | null)[];
}

function renderFigures({ measures, heads }: PagePart): Html {
  const rows = measures.map((name, i) => ({
    name: wordsOf(name),
    cells: heads.map(({ figures }) => cellOf(figures[i]!)),
  }));
  const ranking = (heads[0]?.rankingAccuracy ?? []).map(({ k, chance }, i) => ({
    name: html`ranking accuracy at ${k}<small>by chance ${formatFixed(chance, 3)}</small>`,
    cells: heads.map(({ rankingAccuracy }) => plainCell(rankingAccuracy[i]?.accuracy ?? null)),
  }));
  const shown = [...rows, ...ranking].filter(({ cells }) => cells.some((cell) => cell !== null));
  return renderTable(
    {
      ...{ label: 'Figures', className: 'plain figures-table', head: 'Figure' },
      name: ({ name }: FigureRow) => name,
      columns: heads.map(({ letter }, i) => ({ head: letter, cell: ({ cells }: FigureRow) => cells[i]! })),
    },
    shown,
  );
}

function cellOf({ value, low, high }: PageFigure): Html | null {
  if (value === null) return null;
  const reach =
    low === null || high === null
      ? null
      : html`<small>${formatFixed(low, 3)} to ${formatFixed(high, 3)}</small>`;
  return html`${formatFixed(value, 3)}${reach}`;
}

function plainCell(value: number | null): Html | null {
  return value === null ? null : html`${formatFixed(value, 3)}`;
}

function renderTests({ tests }: PagePart): Html | null {
  if (tests.length === 0) return null;
  return html`<h3>Is one better?</h3><ul class="tests">${tests.map(
    ({ text, verdict, isShown }) =>
      html`<li class="${isShown ? 'shown' : 'open'}">${text}: <b>${verdict}</b></li>\n`,
  )}</ul>`;
}

/** Ranking accuracy of all heads at each k, beside what chance gives. */
function renderRanking(drawing: Drawing, { heads }: PagePart): Html | null {
  const groups = (heads[0]?.rankingAccuracy ?? []).map(({ k, chance }, i) => ({
    ...{ name: `k = ${k}`, reference: chance },
    dots: heads.flatMap(({ letter, rankingAccuracy }) => {
      const value = rankingAccuracy[i]?.accuracy ?? null;
      return value === null ? [] : [{ name: letter, value }];
    }),
  }));
  return renderDots(drawing, {
    ...{ label: 'Ranking accuracy', xLabel: 'share of places with the same sample', groups, isRatio: false },
    ...{ title: 'Ranking accuracy', note: 'Upright lines: what an order by chance gives, 1 / k.' },
  });
}

function renderDots(
  drawing: Drawing,
  { title, note, ...chart }: GroupedDots & { readonly title: string; readonly note: string },
): Html | null {
  const groups = chart.groups.filter(({ dots }) => dots.length > 0);
  if (groups.length === 0) return null;
  return html`<h3>${title}</h3>${figure(
    (size) => drawGroupedDots(drawing, { ...chart, groups }, size),
    html`${note}`,
  )}`;
}

function renderRoc(drawing: Drawing, { heads }: PagePart): Html | null {
  const drawn = heads.filter(({ roc }) => roc.length > 0).slice(0, MOST_LINES);
  if (drawn.length === 0) return null;
  const chart: LineChart = {
    label: `ROC curves of ${drawn.map(({ letter }) => letter).join(', ')}`,
    lines: drawn.map(({ letter, roc }) => ({
      name: letter,
      points: thinned(roc).map(({ others, good }) => ({ x: others, y: good })),
    })),
    ...{ xLabel: 'share of the others that is taken', yLabel: 'share of the good ones' },
    ...{ isLogX: false, isLogY: false, namesAt: 'key' },
  };
  return html`<h3>ROC</h3>${figure((size) => drawLines(drawing, chart, size), renderKey(chart.lines))}`;
}

/** How many good ones, and how many others, a threshold would lose. */
function renderCumulative(drawing: Drawing, { heads }: PagePart): Html | null {
  const drawn = heads.filter(({ roc }) => roc.length > 2).slice(0, MOST_LINES);
  if (drawn.length === 0) return null;
  const charts = drawn.map(({ letter, roc }) => {
    const below = thinned(roc.filter(({ threshold }) => Number.isFinite(threshold))).reverse();
    const chart: LineChart = {
      label: `Cumulative shares of good samples and others by score, ${letter}`,
      lines: [
        { name: 'good', points: below.map(({ threshold, good }) => ({ x: threshold, y: 1 - good })) },
        { name: 'others', points: below.map(({ threshold, others }) => ({ x: threshold, y: 1 - others })) },
      ],
      ...{ xLabel: `score by ${letter}`, yLabel: 'share that lies below', isLogX: false, isLogY: false },
      namesAt: 'key',
    };
    return figure((size) => drawLines(drawing, chart, size), renderKey(chart.lines));
  });
  return html`<h3>What lies below each score</h3>${charts}`;
}

function thinned<Point>(points: readonly Point[]): Point[] {
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

const CALIBRATION_AXES = {
  scores: ['score', 'what was said, mean'],
  chances: ['chance by the head', 'share that came true'],
  differences: ['difference of the two scores', 'share won by the higher one'],
} as const;

function renderCalibrations(drawing: Drawing, { heads }: PagePart): Html | null {
  const drawn = heads.filter(({ calibration }) => calibration.length > 1).slice(0, MOST_LINES);
  if (drawn.length === 0) return null;
  const charts = drawn.map(({ letter, calibration, calibrationOf, ranges }) => {
    const [xLabel, yLabel] = CALIBRATION_AXES[calibrationOf];
    const chart = {
      ...{ xLabel: `${xLabel}, ${letter}`, yLabel, points: calibration },
      // Of scores in another unit than the answers, none is the right one.
      isSameUnit: calibrationOf === 'chances' || ranges.length > 0,
    };
    return figure((size) => drawCalibration(drawing, chart, size));
  });
  return html`<h3>Calibration</h3>${charts}${renderCalibrationsInLikes(drawing, heads)}`;
}

function renderCalibrationsInLikes(drawing: Drawing, heads: PagePart['heads']): Html[] {
  const drawn = heads.filter(({ calibrationInLikes }) => calibrationInLikes.length > 1).slice(0, MOST_LINES);
  return drawn.map(({ letter, calibrationInLikes: points }) =>
    figure((size) =>
      drawCalibration(
        drawing,
        { points, xLabel: `predicted likes, ${letter}`, yLabel: 'likes, mean', isOfCounts: true },
        size,
      ),
    ),
  );
}

function renderRanges(drawing: Drawing, { heads }: PagePart): Html | null {
  const drawn = heads.filter(({ ranges }) => ranges.length > 0);
  if (drawn.length === 0) return null;
  return html`${renderRatios(drawing, drawn)}<h3>Errors by range</h3>${drawn.map(renderRangesOf)}`;
}

/** Whether too little is predicted, range by range. */
function renderRatios(drawing: Drawing, heads: PagePart['heads']): Html | null {
  const names = [...new Set(heads.flatMap(({ ranges }) => ranges.map(({ range }) => range)))];
  const groups = names.map((name) => ({
    ...{ name, reference: 1 },
    dots: heads.flatMap(({ letter, ranges }) => {
      const ratio = ranges.find(({ range }) => range === name)?.ratio ?? null;
      return ratio === null || !(ratio > 0) ? [] : [{ name: letter, value: ratio }];
    }),
  }));
  return renderDots(drawing, {
    ...{ label: 'Sum of scores over sum of truth by range', xLabel: 'sum of scores / sum of truth' },
    ...{ groups, isRatio: true, title: 'Too little?' },
    note: 'Left of the upright lines, which stand at 1, too little is predicted.',
  });
}

function renderRangesOf({ letter, ranges }: PageHeadPart): Html {
  return renderTable(
    {
      ...{ label: `Errors by range, ${letter}`, className: 'plain', head: `${letter}: what was said` },
      name: ({ range }: PageHeadPart['ranges'][number]) => range,
      columns: [
        { head: 'Samples', cell: ({ count }) => formatCount(count) },
        { head: 'RMSE', cell: ({ rmse }) => formatFixed(rmse, 3) },
        { head: 'MAE', cell: ({ mae }) => formatFixed(mae, 3) },
        { head: 'Bias', cell: ({ bias }) => formatFixed(bias, 3) },
        { head: 'Sum of scores to truth', cell: ({ ratio }) => formatFixed(ratio, 3) },
      ],
    },
    ranges,
  );
}

/** A figure's name as words. */
export function wordsOf(name: string): string {
  const words = name.replaceAll('_', ' ');
  return ({ auroc: 'AUROC', rmse: 'RMSE', mae: 'MAE' } as Record<string, string>)[words] ?? words;
}
