import { formatCompact } from '../format.ts';
import { type Html, html } from '../html.ts';
import { type Line, renderKey } from './lines.ts';
import { AXIS, type ChartSize, type Drawing, drawPlot } from './plot.ts';

const SIZES = {
  wide: { width: 960, height: 320, marginRight: 20 },
  narrow: { width: 400, height: 280, marginRight: 14 },
} as const;

/** Of how much of the truth predictions make up, by step, with the level 1 on which they make up all; at most four lines. */
export function renderRatioLines(drawing: Drawing, lines: readonly Line[]): Html {
  return html`<figure class="plot">
${drawRatioLines(drawing, lines, 'wide')}
${drawRatioLines(drawing, lines, 'narrow')}
<figcaption>${renderKey(lines)}</figcaption></figure>`;
}

function drawRatioLines(drawing: Drawing, lines: readonly Line[], size: ChartSize): Html {
  const { plot } = drawing;
  const steps = lines.flatMap(({ points }) => points.map(({ x }) => x));
  const level = [Math.min(...steps), Math.max(...steps)].map((x) => ({ x, y: 1 }));
  const options = {
    ...SIZES[size],
    ...{ marginTop: 36, marginBottom: 46, marginLeft: 54 },
    ariaLabel: `Sum of predictions over sum of truth by step: ${lines.map(({ name }) => name).join(', ')}`,
    y: { nice: true },
    marks: [
      plot.gridY({ className: 'grid', ticks: 5 }),
      plot.line(level, { x: 'x', y: 'y', className: 'same' }),
      ...lines.map(({ points }, i) => plot.line(points, { x: 'x', y: 'y', className: `line line-${i + 1}` })),
      plot.axisX({
        ...{ ...AXIS, ticks: size === 'wide' ? 8 : 4, tickPadding: 8, label: 'step' },
        labelAnchor: 'center' as const,
        tickFormat: (value: number) => formatCompact(value),
      }),
      plot.axisY({ ...AXIS, ticks: 5, label: 'predictions / truth' }),
    ],
  };
  return drawPlot(drawing, options, 'lines', size);
}
