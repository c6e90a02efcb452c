import type { Html } from '../html.ts';
import type { Calibration } from '../train-page-data.ts';
import { AXIS, type ChartSize, type Drawing, drawPlot } from './plot.ts';

const SIZES = {
  wide: { width: 640, height: 420, marginRight: 20 },
  narrow: { width: 400, height: 320, marginRight: 14 },
} as const;

/** What is drawn of a calibration. */
export interface CalibrationChart extends Pick<Calibration, 'points' | 'xLabel' | 'yLabel'> {
  /** Whether predictions are in the unit of what became true, so that both ought to be the same; they are, where nothing is said. */
  readonly isSameUnit?: boolean;
}

/** What was predicted against what became true, with intervals, and the line on which both are the same. */
export function drawCalibration(drawing: Drawing, calibration: CalibrationChart, size: ChartSize): Html {
  const { points, xLabel, yLabel, isSameUnit = true } = calibration;
  const { plot } = drawing;
  const predictions = points.map(({ predicted }) => predicted);
  const ends = [Math.min(...predictions), Math.max(...predictions)].map((value) => ({ x: value, y: value }));
  const options = {
    ...SIZES[size],
    ...{ marginTop: 36, marginBottom: 46, marginLeft: 54 },
    ariaLabel: `${yLabel} by ${xLabel}, in ${points.length} groups`,
    x: { nice: true, ...around(predictions) },
    y: { nice: true },
    marks: [
      plot.gridY({ className: 'grid', ticks: 5 }),
      ...(isSameUnit ? [plot.line(ends, { x: 'x', y: 'y', className: 'same' })] : []),
      plot.ruleX(points, { x: 'predicted', y1: 'low', y2: 'high', className: 'interval' }),
      plot.dot(points, { x: 'predicted', y: 'truth', r: 5, className: 'point' }),
      plot.axisX({
        ...AXIS,
        ticks: size === 'wide' ? 8 : 4,
        tickPadding: 8,
        label: xLabel,
        labelAnchor: 'center',
      }),
      plot.axisY({ ...AXIS, ticks: 5, label: yLabel }),
    ],
  };
  return drawPlot(drawing, options, 'calibration', size);
}

/** Of predictions that are all the same, a range about them: a scale of one value has no numbers to tell. */
function around(predictions: readonly number[]): { domain?: readonly [number, number] } {
  const [low, high] = [Math.min(...predictions), Math.max(...predictions)];
  return low === high ? { domain: [low - 1, high + 1] } : {};
}
