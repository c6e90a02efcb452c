import { formatCompact, formatRate } from '../format.ts';
import type { Html } from '../html.ts';
import { AXIS, type ChartSize, type Drawing, drawPlot } from './plot.ts';
import type { Timeline } from './timeline.ts';

const SIZES = {
  wide: { width: 960, height: 240, marginRight: 14 },
  narrow: { width: 400, height: 220, marginRight: 10 },
} as const;
const TIME_TICKS = { wide: 8, narrow: 4 } as const;

const UNITS = [
  { name: 'days', seconds: 86_400 },
  { name: 'hours', seconds: 3600 },
  { name: 'minutes', seconds: 60 },
] as const;
const SECONDS = { name: 'seconds', seconds: 1 } as const;

/** Rows per second over the time worked. */
export function drawThroughput(drawing: Drawing, { activeSeconds, steps }: Timeline, size: ChartSize): Html {
  const { plot } = drawing;
  const unit = UNITS.find(({ seconds }) => activeSeconds >= 2 * seconds) ?? SECONDS;
  const bars = steps.map(({ fromSeconds, toSeconds, rowsPerSecond }) => ({
    from: fromSeconds / unit.seconds,
    to: toSeconds / unit.seconds,
    rate: rowsPerSecond,
  }));
  const fastest = Math.max(...bars.map(({ rate }) => rate));
  const formatTick = (value: number): string => (fastest >= 10 ? formatCompact(value) : String(value));
  const options = {
    ...SIZES[size],
    marginTop: 32,
    marginBottom: 46,
    marginLeft: 46,
    ariaLabel: `Rows per second over ${unit.name} of work, ${formatRate(fastest)} at most`,
    x: { domain: [0, activeSeconds / unit.seconds] },
    y: { domain: [0, fastest], nice: true },
    marks: [
      plot.gridY({ className: 'grid', ticks: 4 }),
      plot.rect(bars, { className: 'pace', x1: 'from', x2: 'to', y1: 0, y2: 'rate' }),
      plot.ruleY([0], { className: 'base' }),
      plot.axisX({
        ...AXIS,
        ticks: TIME_TICKS[size],
        tickPadding: 8,
        label: `${unit.name} of work`,
        labelAnchor: 'center',
      }),
      plot.axisY({ ...AXIS, ticks: 4, tickFormat: formatTick, label: 'rows per second' }),
    ],
  } as const;
  return drawPlot(drawing, { ...options, marks: [...options.marks] }, 'throughput', size);
}
