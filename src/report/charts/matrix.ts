import type { PlotOptions } from '@observablehq/plot';
import { formatFixed } from '../format.ts';
import type { Html } from '../html.ts';
import { type ChartSize, type Drawing, drawPlot } from './plot.ts';

const WIDTHS = { wide: 704, narrow: 400 } as const;
const MOST_ROW_HEIGHT = 52;
/** How full the colour of what is not alike, and of what is the same, is: numbers are to be read on both. */
const FAINTEST = 0.04;
const FULLEST = 0.45;
/** More cells than this in a row leave no room for their numbers. */
const MOST_WITH_NUMBERS = { wide: 16, narrow: 6 } as const;
const NAME_WIDTH = 90;

/** How alike several are, each with each: from -1 to 1; null where that is not known. */
export interface Matrix {
  readonly label: string;
  readonly names: readonly string[];
  readonly values: readonly (readonly (number | null)[])[];
}

/** A square of cells: the fuller the colour the more alike, in another colour where they are opposed. */
export function drawMatrix(drawing: Drawing, { label, names, values }: Matrix, size: ChartSize): Html {
  const { plot } = drawing;
  const cells = values.flatMap((row, i) =>
    row.flatMap((value, j) =>
      value === null
        ? []
        : [{ row: i, column: j, value, strength: FAINTEST + (FULLEST - FAINTEST) * Math.abs(value) }],
    ),
  );
  const nameOf = (i: number): string => names[i]!;
  const rowHeight = Math.min(MOST_ROW_HEIGHT, (WIDTHS[size] - NAME_WIDTH) / names.length);
  const cellsOf = (isAlike: boolean) =>
    plot.cell(
      cells.filter(({ value }) => value >= 0 === isAlike),
      {
        ...{ x: 'column', y: 'row', fillOpacity: 'strength', inset: 1 },
        className: isAlike ? 'alike' : 'opposed',
      },
    );
  const numbers = plot.text(cells, {
    ...{ x: 'column', y: 'row', className: 'cell-number' },
    text: ({ value }: { value: number }) => formatFixed(value, 2),
  });
  const domain = names.map((_, i) => i);
  const options: PlotOptions = {
    ...{ width: WIDTHS[size], height: 40 + rowHeight * names.length },
    ...{ marginLeft: NAME_WIDTH, marginTop: 36, marginRight: 0, marginBottom: 4, ariaLabel: label },
    x: { type: 'band', domain, padding: 0 },
    y: { type: 'band', domain, padding: 0 },
    marks: [
      cellsOf(true),
      cellsOf(false),
      ...(names.length <= MOST_WITH_NUMBERS[size] ? [numbers] : []),
      plot.axisX({ anchor: 'top', tickSize: 0, label: null, tickFormat: nameOf }),
      plot.axisY({ tickSize: 0, label: null, tickFormat: nameOf }),
    ],
  };
  return drawPlot(drawing, options, 'matrix', size);
}
