import type { Markish } from '@observablehq/plot';
import { formatCompact } from '../format.ts';
import { type Html, html } from '../html.ts';
import { AXIS, type ChartSize, type Drawing, drawPlot } from './plot.ts';

const SIZES = {
  wide: { width: 960, height: 360, marginRight: 86 },
  narrow: { width: 400, height: 300, marginRight: 76 },
} as const;

/** A line with its name; both coordinates are finite numbers. */
export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** A chart of lines over one axis. */
export interface LineChart {
  readonly label: string;
  readonly lines: readonly Line[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly isLogX: boolean;
  readonly isLogY: boolean;
  /**
   * Where names stand: after the ends of lines, or before their points at a third of their length, where they all end in one; or beside the drawing
   * (`renderKey`), where lines lie on one another.
   */
  readonly namesAt: 'ends' | 'thirds' | 'key';
}

/** Lines, each told apart by colour and dashes, with its name beside it; at most four. */
export function drawLines(drawing: Drawing, chart: LineChart, size: ChartSize): Html {
  const { label, lines, xLabel, yLabel, isLogX, isLogY, namesAt } = chart;
  const marks = [
    ...gridMarks(drawing, { xLabel, yLabel }, size),
    ...lines.flatMap((line, i) => lineMarks(drawing, line, { number: i, all: lines, isLogY, namesAt })),
  ];
  const options = {
    ...SIZES[size],
    marginTop: 36,
    marginBottom: 46,
    marginLeft: 54,
    ariaLabel: label,
    x: { type: isLogX ? 'log' : 'linear' },
    y: { type: isLogY ? 'log' : 'linear', nice: true, ...(!isLogY && { zero: true }) },
    marks,
  } as const;
  return drawPlot(drawing, options, 'lines', size);
}

/** What lines look like, with their names: stands beside a chart whose names are at none of them. */
export function renderKey(lines: readonly Pick<Line, 'name'>[]): Html {
  const items = lines.map(
    ({ name }, i) =>
      html`<span><svg class="key" width="30" height="8" aria-hidden="true" focusable="false"><g class="${`line line-${i + 1}`}"><path d="M0 4H30"/></g></svg> ${name}</span>`,
  );
  return html`<span class="legend">${items}</span>`;
}

function gridMarks(
  { plot }: Drawing,
  { xLabel, yLabel }: Pick<LineChart, 'xLabel' | 'yLabel'>,
  size: ChartSize,
): Markish[] {
  const ticks = size === 'wide' ? 8 : 4;
  const tickFormat = (value: number): string => formatCompact(value);
  return [
    plot.gridY({ className: 'grid', ticks: 5 }),
    plot.axisX({ ...AXIS, ticks, tickPadding: 8, tickFormat, label: xLabel, labelAnchor: 'center' }),
    plot.axisY({ ...AXIS, ticks: 5, tickFormat, label: yLabel }),
  ];
}

interface Among extends Pick<LineChart, 'isLogY' | 'namesAt'> {
  readonly number: number;
  readonly all: readonly Line[];
}

function lineMarks({ plot }: Drawing, { name, points }: Line, among: Among): Markish[] {
  const { number, all, isLogY, namesAt } = among;
  const last = points.at(-1)!;
  const third = Math.floor(points.length / 3);
  // Above a line, or below where it is the lowest: between two there may be no room.
  const isLowest = all.every(
    ({ points: others }) => (others[third]?.y ?? Number.POSITIVE_INFINITY) >= points[third]!.y,
  );
  const atEnd = { textAnchor: 'start', dx: 8, dy: shiftOf(last.y, number, all, isLogY) } as const;
  const atThird = isLowest
    ? ({ textAnchor: 'start', dx: 6, dy: 14 } as const)
    : ({ textAnchor: 'end', dx: -6, dy: -10 } as const);
  const isAtEnd = namesAt === 'ends';
  const line = plot.line(points, { x: 'x', y: 'y', className: `line line-${number + 1}` });
  if (namesAt === 'key') return [line];
  return [
    line,
    plot.text([isAtEnd ? last : points[third]!], {
      x: 'x',
      y: 'y',
      text: () => name,
      ...(isAtEnd ? atEnd : atThird),
      className: 'line-name',
    }),
  ];
}

/** Names of lines that end close to each other must not lie on one another: each lower one goes a line of text lower. */
function shiftOf(end: number, number: number, lines: readonly Line[], isLogY: boolean): number {
  const scale = (y: number): number => (isLogY ? Math.log(y) : y);
  const all = lines.flatMap(({ points }) => points.map(({ y }) => scale(y)));
  const close = (Math.max(...all) - Math.min(...all)) / 20;
  const above = lines.filter((other, i) => {
    const distance = scale(other.points.at(-1)!.y) - scale(end);
    return i !== number && Math.abs(distance) < close && (distance > 0 || (distance === 0 && i < number));
  });
  return 14 * above.length;
}
