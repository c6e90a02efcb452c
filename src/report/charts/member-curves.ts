import type { Markish } from '@observablehq/plot';
import { formatCompact } from '../format.ts';
import type { Html } from '../html.ts';
import type { CurvePoint, MemberCurve } from '../train-page-data.ts';
import { AXIS, type ChartSize, type Drawing, drawPlot } from './plot.ts';

const SIZES = {
  wide: { width: 960, height: 380, marginRight: 96 },
  narrow: { width: 400, height: 320, marginRight: 78 },
} as const;

interface Place {
  readonly x: number;
  readonly y: number;
}

/** The losses of all networks, thin, and their means, with a dot where each is kept. */
export function drawMemberCurves(
  drawing: Drawing,
  members: readonly MemberCurve[],
  size: ChartSize,
): Html | null {
  const sides = (['heldOut', 'training'] as const).map((side) =>
    members.map((member) => placesOf(member.points, side)),
  );
  const [heldOut, training] = sides as [Place[][], Place[][]];
  if ([...heldOut, ...training].every((line) => line.length === 0)) return null;
  const { plot } = drawing;
  const ticks = size === 'wide' ? 8 : 4;
  // The names of two lines that end close to each other must not lie on one another.
  const isAbove = endOf(training) > endOf(heldOut);
  const marks = [
    plot.gridY({ className: 'grid', ticks: 5 }),
    ...thinLines(drawing, training, 'thin trained'),
    ...thinLines(drawing, heldOut, 'thin held'),
    ...meanLine(drawing, training, { className: 'line line-2', name: 'training', dy: isAbove ? -9 : 9 }),
    ...meanLine(drawing, heldOut, { className: 'line line-1', name: 'held out', dy: isAbove ? 9 : -9 }),
    plot.dot(members.flatMap(keptPlace), { x: 'x', y: 'y', r: 4, className: 'point' }),
    plot.axisX({
      ...{ ...AXIS, ticks, tickPadding: 8, label: 'step', labelAnchor: 'center' as const },
      tickFormat: (value: number) => formatCompact(value),
    }),
    plot.axisY({ ...AXIS, ticks: 5, label: 'loss' }),
  ];
  const options = {
    ...SIZES[size],
    ...{ marginTop: 36, marginBottom: 46, marginLeft: 54, marks },
    ariaLabel: `Losses of ${members.length} networks by step, while training and on what is held out`,
    y: { nice: true },
  };
  return drawPlot(drawing, options, 'lines', size);
}

function placesOf(points: readonly CurvePoint[], side: 'training' | 'heldOut'): Place[] {
  return points.flatMap((point) => {
    const y = point[side];
    return y === null ? [] : [{ x: point.step, y }];
  });
}

/** The mean of the lines' last values. */
function endOf(lines: readonly Place[][]): number {
  const ends = lines.flatMap((line) => line.at(-1)?.y ?? []);
  return ends.reduce((sum, y) => sum + y, 0) / ends.length;
}

/** One network's line is that of the mean. */
function thinLines({ plot }: Drawing, lines: readonly Place[][], className: string): Markish[] {
  return lines.length < 2 ? [] : lines.map((line) => plot.line(line, { x: 'x', y: 'y', className }));
}

function meanLine(
  { plot }: Drawing,
  lines: readonly Place[][],
  { className, name, dy }: { className: string; name: string; dy: number },
): Markish[] {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const { x, y } of lines.flat()) {
    const { sum, count } = sums.get(x) ?? { sum: 0, count: 0 };
    sums.set(x, { sum: sum + y, count: count + 1 });
  }
  // Where networks were ended early, the mean goes as far as all of them.
  const all = [...sums].filter(([, { count }]) => count === lines.length);
  const means = all.sort(([a], [b]) => a - b).map(([x, { sum, count }]) => ({ x, y: sum / count }));
  const last = means.at(-1);
  if (!last) return [];
  return [
    plot.line(means, { x: 'x', y: 'y', className }),
    plot.text([last], {
      ...{
        x: 'x',
        y: 'y',
        text: () => name,
        textAnchor: 'start' as const,
        dx: 8,
        dy,
        className: 'line-name',
      },
    }),
  ];
}

function keptPlace({ points, keptStep }: MemberCurve): Place[] {
  const kept = points.find(({ step }) => step === keptStep);
  const y = kept?.heldOut ?? kept?.training;
  return y === undefined || y === null ? [] : [{ x: keptStep, y }];
}
