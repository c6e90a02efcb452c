import type { Markish } from '@observablehq/plot';
import { formatCompact } from '../format.ts';
import type { Html } from '../html.ts';
import { AXIS, type ChartSize, type Drawing, drawPlot } from './plot.ts';

const SIZES = {
  wide: { width: 960, height: 360, marginRight: 24 },
  narrow: { width: 400, height: 300, marginRight: 18 },
} as const;

/** A point with what it may also be. */
export interface IntervalPoint {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** A chart of points with intervals, joined by a line: a calibration curve. */
export interface PointChart {
  readonly label: string;
  readonly points: readonly IntervalPoint[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** Whether both axes have one unit, so that points ought to lie on the diagonal, which is drawn. */
  readonly hasDiagonal: boolean;
}

/** Points with intervals over one axis; all coordinates are finite numbers. */
export function drawPoints(drawing: Drawing, chart: PointChart, size: ChartSize): Html {
  const { label, points, xLabel, yLabel, hasDiagonal } = chart;
  const { plot } = drawing;
  const ends = diagonalEnds(points);
  const ticks = size === 'wide' ? 8 : 4;
  const tickFormat = (value: number): string => formatCompact(value);
  const marks: Markish[] = [
    plot.gridY({ className: 'grid', ticks: 5 }),
    ...(hasDiagonal ? [plot.line(ends, { x: 'x', y: 'y', className: 'diagonal' })] : []),
    plot.ruleX(points, { x: 'x', y1: 'low', y2: 'high', className: 'reach' }),
    plot.line(points, { x: 'x', y: 'y', className: 'line line-1' }),
    plot.dot(points, { x: 'x', y: 'y', r: 4, className: 'point' }),
    plot.axisX({ ...AXIS, ticks, tickPadding: 8, tickFormat, label: xLabel, labelAnchor: 'center' }),
    plot.axisY({ ...AXIS, ticks: 5, tickFormat, label: yLabel }),
  ];
  const options = {
    ...SIZES[size],
    ...{ marginTop: 36, marginBottom: 46, marginLeft: 54, ariaLabel: label },
    y: { nice: true },
    marks,
  };
  return drawPlot(drawing, options, 'points', size);
}

function diagonalEnds(points: readonly IntervalPoint[]): { readonly x: number; readonly y: number }[] {
  const along = points.map(({ x }) => x);
  return [Math.min(...along), Math.max(...along)].map((value) => ({ x: value, y: value }));
}
