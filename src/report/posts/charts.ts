import type { PlotOptions } from '@observablehq/plot';
import { AXIS, type ChartSize, type Drawing, drawPlot } from '../charts/plot.ts';
import { formatCompact, formatCount } from '../format.ts';
import type { Html } from '../html.ts';
import type { PageAges, PageStandardised, RankedPoint } from './data.ts';

const SIZES = {
  wide: { width: 960, height: 300, marginRight: 20 },
  narrow: { width: 400, height: 260, marginRight: 14 },
} as const;
const MARGINS = { marginTop: 36, marginBottom: 46, marginLeft: 54 } as const;

/** Labels of axes: small shares keep their digits. */
function tick(value: number): string {
  return Math.abs(value) < 1 ? String(Number(value.toPrecision(3))) : formatCompact(value);
}

/** No half users. */
function wholeTick(value: number): string {
  return Number.isInteger(value) ? formatCompact(value) : '';
}

/** The powers of ten of a range and, where these are few, twice and five times them. */
function logTicks([from, to]: readonly [number, number]): number[] {
  const first = Math.floor(Math.log10(from));
  const powers = Array.from({ length: Math.ceil(Math.log10(to)) - first + 1 }, (_, i) => 10 ** (first + i));
  const steps = powers.length > 4 ? [1] : [1, 2, 5];
  return powers
    .flatMap((power) => steps.map((step) => step * power))
    .filter((value) => value >= from && value <= to);
}

/** Something of each user over the user's rank, on a logarithmic axis; values above 0. */
export function drawRanked(
  drawing: Drawing,
  { points, yLabel }: { readonly points: readonly RankedPoint[]; readonly yLabel: string },
  size: ChartSize,
): Html {
  const { plot } = drawing;
  const values = points.map(({ value }) => value);
  const domain = around(values);
  const options: PlotOptions = {
    ...SIZES[size],
    ...MARGINS,
    ariaLabel: `${yLabel} of ${formatCount(points.at(-1)?.rank ?? 0)} users, the most first: from ${formatCount(Math.max(...values))} to ${formatCount(Math.min(...values))}`,
    x: { domain: [0, (points.at(-1)?.rank ?? 0) + 1] },
    y: { type: 'log', domain },
    marks: [
      plot.gridY(logTicks(domain), { className: 'grid' }),
      plot.axisX({
        ...{ ...AXIS, ticks: size === 'wide' ? 8 : 4, tickPadding: 8, tickFormat: wholeTick },
        ...{ label: 'users, the most first', labelAnchor: 'center' },
      }),
      plot.axisY(logTicks(domain), { ...AXIS, tickFormat: tick, label: yLabel }),
      plot.dot(points, { x: 'rank', y: 'value', r: size === 'wide' ? 4 : 3, className: 'point' }),
    ],
  };
  return drawPlot(drawing, options, 'ranked', size);
}

/** A little more than values reach, so that no point lies on an edge. */
function around(values: readonly number[]): [number, number] {
  return [Math.min(...values) / 1.6, Math.max(...values) * 1.6];
}

/** Likes by days from post to count: some posts, and the median of each band of like age with its quartiles. */
export function drawAges(drawing: Drawing, { points, bands }: PageAges, size: ChartSize): Html {
  const { plot } = drawing;
  const options: PlotOptions = {
    ...SIZES[size],
    ...MARGINS,
    height: size === 'wide' ? 360 : 300,
    ariaLabel: `Likes by days since post: medians from ${bands.map(({ median }) => formatCount(median)).join(', ')}, youngest posts first`,
    // Likes of 0 have a place on this axis too.
    y: {
      type: 'symlog',
      constant: 1,
      nice: true,
      domain: [0, Math.max(1, ...points.map(({ likes }) => likes))],
    },
    marks: [
      plot.gridY(decades(points), { className: 'grid' }),
      plot.axisX({
        ...{ ...AXIS, ticks: size === 'wide' ? 8 : 4, tickPadding: 8, tickFormat: tick },
        ...{ label: 'days since post', labelAnchor: 'center' },
      }),
      plot.axisY(decades(points), { ...AXIS, tickFormat: tick, label: 'likes' }),
      plot.dot(points, { x: 'days', y: 'likes', r: 2.5, className: 'cloud' }),
      plot.ruleX(bands, { x: 'middle', y1: 'low', y2: 'high', className: 'interval' }),
      plot.line(bands, { x: 'middle', y: 'median', className: 'line line-1' }),
      plot.dot(bands, { x: 'middle', y: 'median', r: 4.5, className: 'point' }),
    ],
  };
  return drawPlot(drawing, options, 'ages', size);
}

/** 0, and the powers of ten up to the most. */
function decades(points: PageAges['points']): number[] {
  const most = Math.max(1, ...points.map(({ likes }) => likes));
  return [0, ...Array.from({ length: Math.floor(Math.log10(most)) + 1 }, (_, i) => 10 ** i)];
}

/** Labels by user: a dot at the median, a thick line from the lower to the upper quartile, a thin one over four fifths of the posts. */
export function drawSpreads(
  drawing: Drawing,
  { how, users }: Pick<PageStandardised, 'how' | 'users'>,
  size: ChartSize,
): Html {
  const { plot } = drawing;
  const placed = users.map((user, place) => ({ ...user, place: place + 1 }));
  const most = Math.max(...users.map(({ p90 }) => p90));
  const isCounts = how === 'none';
  const ticks = isCounts ? decades([{ days: 0, likes: most }]) : 5;
  const options: PlotOptions = {
    ...SIZES[size],
    ...MARGINS,
    marginBottom: 30,
    ariaLabel: `Labels by user, ${LABELS[how]}: medians from ${medianOf(users[0]!)} to ${medianOf(users.at(-1)!)}`,
    x: { domain: [0, users.length + 1] },
    y: isCounts
      ? { type: 'symlog', constant: 1, domain: [0, Math.max(1, most)] }
      : { domain: [0, how === 'max' ? 1 : most || 1], nice: true },
    marks: [
      typeof ticks === 'number'
        ? plot.gridY({ className: 'grid', ticks })
        : plot.gridY(ticks, { className: 'grid' }),
      typeof ticks === 'number'
        ? plot.axisY({ ...AXIS, ticks, tickFormat: tick, label: LABELS[how] })
        : plot.axisY(ticks, { ...AXIS, tickFormat: tick, label: LABELS[how] }),
      plot.axisX([], {
        ...AXIS,
        label: 'users, by their median likes',
        labelAnchor: 'center',
        labelOffset: 26,
      }),
      plot.ruleX(placed, { x: 'place', y1: 'p10', y2: 'p90', className: 'reach' }),
      plot.ruleX(placed, { x: 'place', y1: 'p25', y2: 'p75', className: 'interval' }),
      plot.dot(placed, { x: 'place', y: 'median', r: size === 'wide' ? 4 : 3, className: 'point' }),
    ],
  };
  return drawPlot(drawing, options, 'spreads', size);
}

function medianOf({ median }: PageStandardised['users'][number]): string {
  return String(Number(median.toPrecision(3)));
}

const LABELS: Readonly<Record<PageStandardised['how'], string>> = {
  none: 'likes',
  followers: 'likes / followers',
  max: 'likes / most likes',
};
