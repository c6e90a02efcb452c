import type { Markish, PlotOptions } from '@observablehq/plot';
import { formatFixed } from '../format.ts';
import type { Html } from '../html.ts';
import { AXIS, type ChartSize, type Drawing, drawPlot } from './plot.ts';

/** Values of several heads of one thing, and what they are to be held against. */
export interface DotGroup {
  readonly name: string;
  /** Drawn across the rows of the group. */
  readonly reference: number;
  /** Those that are known; above 0 on a scale of ratios. */
  readonly dots: readonly { readonly name: string; readonly value: number }[];
}

export interface GroupedDots {
  readonly label: string;
  readonly xLabel: string;
  readonly groups: readonly DotGroup[];
  /** Ratios: half is as far from one as twice. */
  readonly isRatio: boolean;
}

const WIDTHS = { wide: 960, narrow: 400 } as const;
const ROW_HEIGHT = 30;

/** A row of the chart: the name of a group above, or a head. */
interface Row {
  /** Different for each row. */
  readonly id: string;
  readonly group: DotGroup;
  readonly dot?: DotGroup['dots'][number];
}

/** Heads side by side, group by group: a dot each with its value, and a line where it ought to be, or would be by chance. */
export function drawGroupedDots(
  drawing: Drawing,
  { label, xLabel, groups, isRatio }: GroupedDots,
  size: ChartSize,
): Html {
  const rows = groups.flatMap((group, i): Row[] => [
    { id: `${i}`, group },
    ...group.dots.map((dot) => ({ id: `${i} ${dot.name}`, group, dot })),
  ]);
  const ratios = ratioTicks(groups, size);
  const options: PlotOptions = {
    ...{ width: WIDTHS[size], height: 66 + ROW_HEIGHT * rows.length },
    ...{ marginTop: 8, marginBottom: 46, marginLeft: 40, marginRight: 60, ariaLabel: label },
    x: {
      insetLeft: 24,
      ...(isRatio ? { type: 'log', domain: [ratios[0]!, ratios.at(-1)!] } : { nice: true }),
    },
    y: { type: 'band', domain: rows.map(({ id }) => id), label: null, axis: null },
    marks: marksOf(drawing, rows, { xLabel, ticks: isRatio ? ratios : size === 'wide' ? 8 : 4, isRatio }),
  };
  return drawPlot(drawing, options, 'grouped', size);
}

function marksOf(
  { plot }: Drawing,
  rows: readonly Row[],
  { xLabel, ticks, isRatio }: { xLabel: string; ticks: number | number[]; isRatio: boolean },
): Markish[] {
  const heads = rows.filter(({ dot }) => dot !== undefined);
  const titles = rows.filter(({ dot }) => dot === undefined);
  const tickFormat = (value: number): string => String(Number(value.toPrecision(3)));
  const atLeft = { frameAnchor: 'left', textAnchor: 'start', className: 'line-name' } as const;
  return [
    plot.gridX({ className: 'grid', ticks }),
    plot.tickX(heads, { x: ({ group }: Row) => group.reference, y: 'id', className: 'threshold' }),
    plot.dot(heads, { x: ({ dot }: Row) => dot!.value, y: 'id', r: 5, className: 'point' }),
    // On the side away from the line.
    ...[true, false].map((isBelow) =>
      plot.text(
        heads.filter(({ dot, group }) => dot!.value < group.reference === isBelow),
        {
          ...{ x: ({ dot }: Row) => dot!.value, y: 'id' },
          ...{ dx: isBelow ? -10 : 10, textAnchor: isBelow ? 'end' : 'start' },
          text: ({ dot }: Row) => formatFixed(dot!.value, isRatio ? 2 : 3),
        },
      ),
    ),
    plot.text(titles, { ...atLeft, y: 'id', dx: -34, dy: 4, text: ({ group }: Row) => group.name }),
    plot.text(heads, { ...atLeft, y: 'id', dx: -22, text: ({ dot }: Row) => dot!.name }),
    plot.axisX({ ...AXIS, ticks, tickPadding: 8, tickFormat, label: xLabel, labelAnchor: 'center' }),
  ];
}

const RATIOS_IN_TEN = { wide: [1, 2, 5], narrow: [1] } as const;
const LEAST_POWER = -9;
const POWERS = Array.from({ length: 1 - 2 * LEAST_POWER }, (_, i) => i + LEAST_POWER);

/** Round numbers from below the least dot or line to above the largest; at least two. */
function ratioTicks(groups: readonly DotGroup[], size: ChartSize): number[] {
  const values = groups.flatMap(({ reference, dots }) => [reference, ...dots.map(({ value }) => value)]);
  const all = POWERS.flatMap((power) => RATIOS_IN_TEN[size].map((digit) => Number(`${digit}e${power}`)));
  const first = all.findLastIndex((tick) => tick < Math.min(...values));
  const last = all.findIndex((tick) => tick > Math.max(...values));
  return all.slice(Math.max(0, first), last === -1 ? all.length : last + 1);
}
