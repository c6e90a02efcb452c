import type { TransformedDistribution } from '../../scores/distribution.ts';
import { formatCompact } from '../format.ts';
import type { Html } from '../html.ts';
import { AXIS, type ChartSize, type Drawing, drawPlot } from './plot.ts';

const BIN_SIZES = {
  wide: { width: 960, height: 200, marginRight: 14 },
  narrow: { width: 400, height: 180, marginRight: 14 },
} as const;

/** How numbers are distributed, as bars. */
export function drawDistribution(
  drawing: Drawing,
  { transform, bins }: TransformedDistribution,
  size: ChartSize,
): Html {
  const { plot } = drawing;
  // What lies in one bin alone has no width.
  const drawn = bins.map(({ from, to, count }) => ({ from, to: to > from ? to : from + 1, count }));
  const options = {
    ...BIN_SIZES[size],
    ...{ marginTop: 28, marginBottom: 28, marginLeft: 54 },
    ariaLabel: `Histogram of counts, transform ${transform}`,
    marks: [
      plot.gridY({ className: 'grid', ticks: 4 }),
      plot.rect(drawn, {
        x1: 'from',
        x2: 'to',
        y1: 0,
        y2: 'count',
        className: 'kept',
        insetLeft: 0.4,
        insetRight: 0.4,
      }),
      plot.axisX({
        ...AXIS,
        ticks: size === 'wide' ? 8 : 4,
        tickPadding: 8,
        tickFormat: (value: number) => formatCompact(value),
        label: null,
      }),
      plot.axisY({
        ...AXIS,
        ticks: 4,
        tickFormat: (value: number) => (Number.isInteger(value) ? formatCompact(value) : ''),
        label: 'rows',
      }),
    ],
  };
  return drawPlot(drawing, options, 'distribution', size);
}
