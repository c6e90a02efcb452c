import type { PlotOptions } from '@observablehq/plot';
import { formatFixed } from '../format.ts';
import type { Html } from '../html.ts';
import { AXIS, type ChartSize, type Drawing, drawPlot } from './plot.ts';

/** A figure of somebody, with its interval where there is one. */
export interface NamedFigure {
  readonly name: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

const WIDTHS = { wide: 960, narrow: 400 } as const;
const ROW_HEIGHT = 34;

/** One figure of several heads below each other: a dot, and a line as long as its interval. */
export function drawIntervals(
  drawing: Drawing,
  { label, xLabel, figures }: { label: string; xLabel: string; figures: readonly NamedFigure[] },
  size: ChartSize,
): Html {
  const { plot } = drawing;
  const reaching = figures.filter(({ low, high }) => low !== null && high !== null);
  const options: PlotOptions = {
    ...{ width: WIDTHS[size], height: 66 + ROW_HEIGHT * figures.length },
    ...{ marginTop: 16, marginBottom: 46, marginLeft: 40, marginRight: 60, ariaLabel: label },
    // Clear of the names, which stand at the left end.
    x: { insetLeft: 24 },
    y: { type: 'band', domain: figures.map(({ name }) => name), label: null },
    marks: [
      plot.gridX({ className: 'grid', ticks: size === 'wide' ? 8 : 4 }),
      plot.ruleY(reaching, { y: 'name', x1: 'low', x2: 'high', className: 'interval' }),
      plot.dot(figures, { y: 'name', x: 'value', r: 5, className: 'point' }),
      plot.text(figures, {
        ...{ y: 'name', x: 'value', dy: -11, className: 'line-name' },
        text: ({ value }: NamedFigure) => formatFixed(value, 3),
      }),
      plot.axisX({
        ...{ ...AXIS, ticks: size === 'wide' ? 8 : 4, tickPadding: 8, label: xLabel, labelAnchor: 'center' },
      }),
      plot.axisY({ ...AXIS, label: null }),
    ],
  };
  return drawPlot(drawing, options, 'intervals', size);
}
