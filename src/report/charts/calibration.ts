import { formatCompact } from '../format.ts';
import type { Html } from '../html.ts';
import type { Calibration, CalibrationPoint } from '../train-page-data.ts';
import { AXIS, type ChartSize, type Drawing, drawPlot } from './plot.ts';

const SIZES = {
  wide: { width: 640, height: 420, marginRight: 20 },
  narrow: { width: 400, height: 320, marginRight: 14 },
} as const;

/** What is drawn of a calibration. */
export interface CalibrationChart extends Pick<Calibration, 'points' | 'xLabel' | 'yLabel'> {
  /** Whether predictions are in the unit of what became true, so that both ought to be the same; they are, where nothing is said. */
  readonly isSameUnit?: boolean;
  /** Counts, which are skewed: both axes have powers of ten. Groups without any, or with an interval that reaches below one, are cut there. */
  readonly isOfCounts?: boolean;
}

/** On axes of powers of ten there is no zero. */
const LEAST_COUNT = 1;

/** What was predicted against what became true, with intervals, and the line on which both are the same. */
export function drawCalibration(drawing: Drawing, calibration: CalibrationChart, size: ChartSize): Html {
  const { xLabel, yLabel, isSameUnit = true, isOfCounts = false } = calibration;
  const points = isOfCounts ? calibration.points.map(cutPoint) : calibration.points;
  const { plot } = drawing;
  const type = isOfCounts ? ('log' as const) : ('linear' as const);
  const tickFormat = isOfCounts ? { tickFormat: (value: number) => formatCompact(value) } : {};
  const predictions = points.map(({ predicted }) => predicted);
  const ends = [Math.min(...predictions), Math.max(...predictions)].map((value) => ({ x: value, y: value }));
  const options = {
    ...SIZES[size],
    ...{ marginTop: 36, marginBottom: 46, marginLeft: 54 },
    ariaLabel: `${yLabel} by ${xLabel}, in ${points.length} groups`,
    x: { type, nice: true, ...around(predictions, isOfCounts) },
    y: { type, nice: true },
    marks: [
      plot.gridY({ className: 'grid', ticks: 5 }),
      ...(isSameUnit ? [plot.line(ends, { x: 'x', y: 'y', className: 'same' })] : []),
      plot.ruleX(points, { x: 'predicted', y1: 'low', y2: 'high', className: 'interval' }),
      plot.dot(points, { x: 'predicted', y: 'truth', r: 5, className: 'point' }),
      plot.axisX({
        ...{ ...AXIS, ...tickFormat },
        ticks: size === 'wide' ? 8 : 4,
        tickPadding: 8,
        label: xLabel,
        labelAnchor: 'center',
      }),
      plot.axisY({ ...AXIS, ...tickFormat, ticks: 5, label: yLabel }),
    ],
  };
  return drawPlot(drawing, options, 'calibration', size);
}

/** Of predictions that are all the same, a range about them: a scale of one value has no numbers to tell. */
function around(predictions: readonly number[], isOfCounts: boolean): { domain?: readonly [number, number] } {
  const [low, high] = [Math.min(...predictions), Math.max(...predictions)];
  if (low !== high) return {};
  return { domain: isOfCounts ? [low / 2, 2 * high] : [low - 1, high + 1] };
}

function cutPoint(point: CalibrationPoint): CalibrationPoint {
  const { predicted, truth, low, high } = point;
  const [x, y, from, to] = [predicted, truth, low, high].map((value) => Math.max(LEAST_COUNT, value));
  return { ...point, predicted: x!, truth: y!, low: from!, high: to! };
}
