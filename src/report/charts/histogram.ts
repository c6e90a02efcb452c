import type { Markish } from '@observablehq/plot';
import { formatCompact, formatCount, formatPlain } from '../format.ts';
import type { Html } from '../html.ts';
import type { ReportBin } from '../report-data.ts';
import { AXIS, type ChartSize, type Drawing, drawPlot } from './plot.ts';

const SIZES = {
  wide: { width: 960, height: 360, marginRight: 14 },
  narrow: { width: 400, height: 300, marginRight: 10 },
} as const;

/** More labels than this on the score axis would touch. */
const MAX_LABELS = { wide: 16, narrow: 11 } as const;
const GAP_PX = { wide: 0.4, narrow: 0.15 } as const;

/** What is drawn: the bins that hold something, and the scores from bucket boundary to bucket boundary around them. */
interface Histogram {
  readonly bins: readonly ReportBin[];
  readonly threshold: number | null;
  readonly domain: readonly [first: number, last: number];
}

/** Scores by bin, kept rows below and dropped ones on top, with bucket boundaries and the threshold. */
export function drawHistogram(
  drawing: Drawing,
  bins: readonly ReportBin[],
  threshold: number | null,
  size: ChartSize,
): Html {
  const drawn = bins.filter((bin) => bin.count > 0 && Number.isFinite(bin.from) && Number.isFinite(bin.to));
  const histogram = { bins: drawn, threshold, domain: domainOf(drawn, threshold) };
  const tallest = Math.max(1, ...drawn.map((bin) => bin.count));
  const options = {
    ...SIZES[size],
    marginTop: 40,
    marginBottom: 46,
    marginLeft: 46,
    ariaLabel: describe(drawn, threshold),
    x: { domain: histogram.domain },
    y: { domain: [0, tallest], nice: true },
    marks: marksOf(drawing, histogram, size),
  } as const;
  return drawPlot(drawing, options, 'histogram', size);
}

function marksOf({ plot }: Drawing, histogram: Histogram, size: ChartSize): Markish[] {
  const { bins, threshold } = histogram;
  const [first, last] = histogram.domain;
  const bar = {
    x1: 'from',
    x2: 'to',
    insetLeft: GAP_PX[size],
    insetRight: GAP_PX[size],
    ...(size === 'wide' && { title: describeBin }),
  };
  const labelEvery = Math.ceil((last - first + 1) / MAX_LABELS[size]);
  return [
    plot.gridX(wholeNumbers(first, last, 1), { className: 'boundary' }),
    plot.gridY({ className: 'grid', ticks: 5 }),
    plot.rect(
      bins.filter((bin) => bin.kept > 0),
      { ...bar, className: 'kept', y1: 0, y2: 'kept' },
    ),
    plot.rect(
      bins.filter((bin) => bin.count > bin.kept),
      { ...bar, className: 'dropped', y1: 'kept', y2: 'count' },
    ),
    plot.ruleY([0], { className: 'base' }),
    plot.axisX(wholeNumbers(first, last, labelEvery), {
      ...AXIS,
      tickPadding: 8,
      tickFormat: formatPlain,
      label: 'aesthetic score',
      labelAnchor: 'center',
    }),
    plot.axisY({ ...AXIS, ticks: 5, tickFormat: formatWhole, label: heightLabel(bins) }),
    ...thresholdMarks(plot, threshold, (first + last) / 2),
  ];
}

function thresholdMarks(plot: Drawing['plot'], threshold: number | null, middle: number): Markish[] {
  if (threshold === null) return [];
  const onTheLeft = threshold > middle;
  return [
    plot.ruleX([threshold], { className: 'threshold', insetTop: -18 }),
    plot.text([threshold], {
      className: 'threshold-label',
      x: threshold,
      frameAnchor: 'top',
      textAnchor: onTheLeft ? 'end' : 'start',
      dx: onTheLeft ? -7 : 7,
      dy: -19,
      text: () => `threshold ${formatPlain(threshold)}`,
    }),
  ];
}

/** Says how wide the bins are, where all are alike. */
function heightLabel(bins: readonly ReportBin[]): string {
  const widths = new Set(bins.map(({ from, to }) => Number((to - from).toPrecision(6))));
  const [width] = widths;
  return widths.size === 1 ? `images per ${width} of score` : 'images per bin';
}

/** No half images on the axis. */
function formatWhole(value: number): string {
  return Number.isInteger(value) ? formatCompact(value) : '';
}

/** From bucket boundary to bucket boundary around all bins and the threshold, and at least three buckets wide. */
function domainOf(bins: readonly ReportBin[], threshold: number | null): [number, number] {
  const ends = bins.flatMap(({ from, to }) => [from, to]);
  if (threshold !== null) ends.push(threshold);
  if (ends.length === 0) return [0, 10];
  const first = Math.floor(Math.min(...ends));
  const last = Math.ceil(Math.max(...ends));
  const missing = Math.max(0, 3 - (last - first));
  return [first - Math.floor(missing / 2), last + Math.ceil(missing / 2)];
}

function wholeNumbers(first: number, last: number, step: number): number[] {
  const start = Math.ceil(first / step) * step;
  return Array.from({ length: Math.floor((last - start) / step) + 1 }, (_, i) => start + i * step);
}

function describeBin({ from, to, count, kept }: ReportBin): string {
  return `${formatPlain(from)} to ${formatPlain(to)}: ${formatCount(count)}, kept ${formatCount(kept)}`;
}

function describe(bins: readonly ReportBin[], threshold: number | null): string {
  const [lowest, highest] = [bins[0], bins.at(-1)];
  if (!lowest || !highest) return 'Histogram of scores, with nothing to draw';
  const peak = bins.reduce((best, bin) => (bin.count > best.count ? bin : best));
  return (
    `Histogram of scores from ${formatPlain(lowest.from)} to ${formatPlain(highest.to)}, ` +
    `most between ${formatPlain(peak.from)} and ${formatPlain(peak.to)}` +
    (threshold === null ? '' : `; the threshold is ${formatPlain(threshold)}`)
  );
}
