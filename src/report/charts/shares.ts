import type { PlotOptions } from '@observablehq/plot';
import { clipMiddle } from '../format.ts';
import type { Html } from '../html.ts';
import { AXIS, type ChartSize, type Drawing, drawPlot } from './plot.ts';

/** A share with its interval. */
export interface NamedShare {
  readonly name: string;
  readonly share: number;
  readonly low: number;
  readonly high: number;
  /** Whether it is shown to be another than that of all. */
  readonly isOther: boolean;
}

export interface ShareChart {
  readonly label: string;
  /** Names differ. */
  readonly shares: readonly NamedShare[];
  /** The share of all, drawn across. */
  readonly all: number;
}

const WIDTHS = { wide: 960, narrow: 400 } as const;
const MOST_CHARACTERS = { wide: 60, narrow: 34 } as const;
const ROW_HEIGHT = 38;

/** Shares below each other: each name, below it a dot and a line as long as the interval; a line across all where the share of all is. */
export function drawShares(drawing: Drawing, { label, shares, all }: ShareChart, size: ChartSize): Html {
  const { plot } = drawing;
  const ticks = size === 'wide' ? 8 : 4;
  const [other, same] = [true, false].map((isOther) => shares.filter((one) => one.isOther === isOther));
  const options: PlotOptions = {
    ...{ width: WIDTHS[size], height: 66 + ROW_HEIGHT * shares.length },
    ...{ marginTop: 14, marginBottom: 46, marginLeft: 16, marginRight: 24, ariaLabel: label },
    x: { nice: true, domain: domainOf(shares, all) },
    y: { type: 'band', domain: shares.map(({ name }) => name), label: null, axis: null },
    marks: [
      plot.gridX({ className: 'grid', ticks }),
      plot.ruleX([all], { className: 'threshold' }),
      plot.ruleY(shares, { y: 'name', x1: 'low', x2: 'high', dy: 8, className: 'interval' }),
      plot.dot(same!, { y: 'name', x: 'share', r: 4.5, dy: 8, className: 'plain-point' }),
      plot.dot(other!, { y: 'name', x: 'share', r: 5, dy: 8, className: 'point' }),
      plot.text(shares, {
        ...{ y: 'name', frameAnchor: 'left', textAnchor: 'start', dy: -8, className: 'line-name' },
        text: ({ name }: NamedShare) => clipMiddle(name, MOST_CHARACTERS[size]),
      }),
      plot.axisX({
        ...{ ...AXIS, ticks, tickPadding: 8, label: 'share that is kept', labelAnchor: 'center' },
        tickFormat: (value: number) => `${Number((100 * value).toPrecision(3))}%`,
      }),
    ],
  };
  return drawPlot(drawing, options, 'shares', size);
}

/** Around all that is drawn, within 0 and 1, and never of one point. */
function domainOf(shares: readonly NamedShare[], all: number): [number, number] {
  const low = Math.min(all, ...shares.map((one) => one.low));
  const high = Math.max(all, ...shares.map((one) => one.high));
  return low === high ? [Math.max(0, low - 0.05), Math.min(1, high + 0.05)] : [low, high];
}
