import type { TransformedDistribution } from '../scores/distribution.ts';
import type { CountGrid, TransformErrors } from '../scores/label-errors.ts';
import { aligned } from './aligned-table.ts';

/** A column of counts, and how each transform makes it. */
export interface FittedColumn {
  readonly path: string;
  readonly column: string;
  readonly rows: number;
  readonly withoutValue: number;
  readonly noCount: number;
  readonly counts: number;
  readonly distributions: readonly TransformedDistribution[];
}

/** What `bowerbird transforms` found. */
export interface TransformsResult {
  readonly grid: CountGrid;
  readonly error: number;
  readonly errors: readonly TransformErrors[];
  readonly fit: FittedColumn | undefined;
}

/** All figures as one JSON object. */
export function transformsJson({ fit, ...result }: TransformsResult): string {
  return `${JSON.stringify({ ...result, ...(fit && { fit }) })}\n`;
}

const ROWS = 11;

/** A table of the errors at some counts, and of the distributions. */
export function describeTransforms({ grid, error, errors, fit }: TransformsResult): string {
  const { from, to, points, spacing } = grid;
  const percent = `${Number((100 * error).toPrecision(6))} %`;
  const rows = Array.from({ length: Math.min(ROWS, points) }, (_, i) =>
    Math.round((i * (points - 1)) / (Math.min(ROWS, points) - 1)),
  );
  const table = [
    ['count', ...errors.flatMap(({ transform }) => [`${transform} +`, '-'])],
    ...rows.map((i) => [
      number(errors[0]!.points[i]!.count),
      ...errors.flatMap((each) => [number(each.points[i]!.above), number(each.points[i]!.below)]),
    ]),
  ];
  return [
    `What a score that is off by ${percent} of itself means in counts, from ${from} to ${to} (${points} counts, ${spacing})`,
    '',
    ...aligned([
      ['transform', 'mean error'],
      ...errors.map(({ transform, mean }) => [transform, number(mean)]),
    ]),
    '',
    ...aligned(table),
    ...(fit ? describeFit(fit) : []),
    '',
  ].join('\n');
}

function describeFit({ path, column, counts, withoutValue, noCount, distributions }: FittedColumn): string[] {
  const left = [
    ...(withoutValue > 0 ? [`${withoutValue} rows without a value`] : []),
    ...(noCount > 0 ? [`${noCount} with something else than a number from 0 on`] : []),
  ];
  const shown = (value: number | null): string => (value === null ? '-' : value.toFixed(3));
  return [
    '',
    `${column} of ${path}: ${counts} counts${left.length > 0 ? `; left out: ${left.join(', ')}` : ''}`,
    '',
    ...aligned([
      ['transform', 'mean', 'spread', 'median', 'skewness', 'kurtosis'],
      ...distributions.map(({ transform, mean, spread, median, skewness, kurtosis }) => [
        transform,
        ...[mean, spread, median, skewness, kurtosis].map(shown),
      ]),
    ]),
  ];
}

function number(value: number): string {
  return value.toFixed(2);
}
