import { countOf, LABEL_TRANSFORMS, type NamedTransform, transformCount } from '../samples/label.ts';

/** The counts at which transforms are compared. */
export interface CountGrid {
  readonly from: number;
  readonly to: number;
  /** At least 2; both ends are among them. */
  readonly points: number;
  /** Evenly spaced, or with even ratios (then `from` is above 0). */
  readonly spacing: 'linear' | 'log';
}

/** What an error of a score does to the count that it stands for. */
export interface CountError {
  readonly count: number;
  readonly score: number;
  /** How far above the count the one lies whose score is (1 + error) times this one's; how far below it that of (1 - error) times. */
  readonly above: number;
  readonly below: number;
  /** The mean of the two. */
  readonly mean: number;
}

/** The errors of a transform over a grid. */
export interface TransformErrors {
  readonly transform: NamedTransform;
  /** The mean over the grid of the errors' means, each point the same weight. */
  readonly mean: number;
  readonly points: readonly CountError[];
}

/** The counts of a grid, ascending. */
export function countsOfGrid({ from, to, points, spacing }: CountGrid): number[] {
  return Array.from({ length: points }, (_, i) => {
    // No rounding at the ends.
    if (i === 0) return from;
    if (i === points - 1) return to;
    const share = i / (points - 1);
    return spacing === 'log' ? from * (to / from) ** share : from + (to - from) * share;
  });
}

/**
 * For each transform, what a score that is off by a share of itself means in counts: with f the transform,
 * (|f^-1((1 + error) f(x)) - x| + |x - f^-1((1 - error) f(x))|) / 2.
 *
 * @param error a share: 0.1
 * @returns NaN for what would lie above 2^53, where nobody counts
 */
export function errorsOfTransforms(grid: CountGrid, error: number): TransformErrors[] {
  const counts = countsOfGrid(grid);
  return LABEL_TRANSFORMS.map((transform) => {
    const points = counts.map((count) => errorAt(transform, count, error));
    return { transform, mean: points.reduce((sum, { mean }) => sum + mean, 0) / points.length, points };
  });
}

function errorAt(transform: NamedTransform, count: number, error: number): CountError {
  const score = transformCount(transform, count);
  const above = Math.abs(countOf(transform, (1 + error) * score) - count);
  const below = Math.abs(count - countOf(transform, (1 - error) * score));
  return { count, score, above, below, mean: (above + below) / 2 };
}
