/** Thresholds as a filter has them; a rule without one (null) does not exist. */
export interface WhatIfThresholds {
  /** Keep aesthetic > this. */
  readonly minAesthetic: number | null;
  /** Keep punsafe < this. */
  readonly maxPunsafe: number | null;
  /** Keep pwatermark < this. */
  readonly maxPwatermark: number | null;
  /** What a rule says of a row without its tag. */
  readonly missingTags: 'drop' | 'keep';
}

/** How many rows pass: `lower` and `upper` are bounds that always hold, and equal (so exact) on the grid. */
export interface WhatIfCount {
  readonly lower: number;
  readonly upper: number;
  /** Linear between the neighbours on the grid; halfway between the bounds where an open end is cut. */
  readonly estimate: number;
}

/** Cells that hold something. `cells[i]` is (aesthetic * punsafe cells + punsafe) * pwatermark cells + pwatermark. */
export interface WhatIfCells {
  /** Edges of aesthetic, punsafe and pwatermark, ascending. */
  readonly edges: readonly [readonly number[], readonly number[], readonly number[]];
  readonly cells: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
}

/**
 * Counts the rows that pass thresholds. An axis with n edges has n + 2 cells: cell 0 is beyond the first edge, cell i
 * lies between the edges i - 1 and i, cell n beyond the last; the rows without the tag are in cell n + 1.
 *
 * The page of buckets holds this function's text as its script, so it may use nothing from outside itself.
 */
export function countWhatIf(
  { edges, cells, counts }: WhatIfCells,
  { minAesthetic, maxPunsafe, maxPwatermark, missingTags }: WhatIfThresholds,
): WhatIfCount {
  // For each cell of an axis, the share of its rows that passes for certain, perhaps, and by the estimate.
  const sharesOf = (
    axis: readonly number[],
    threshold: number | null,
    above: boolean,
  ): [number, number, number][] => {
    const missing = threshold === null || missingTags === 'keep' ? 1 : 0;
    const shares = Array.from({ length: axis.length + 1 }, (_, cell): [number, number, number] => {
      if (threshold === null) return [1, 1, 1];
      const from = cell === 0 ? Number.NEGATIVE_INFINITY : axis[cell - 1]!;
      const to = cell === axis.length ? Number.POSITIVE_INFINITY : axis[cell]!;
      if (threshold <= from) return above ? [1, 1, 1] : [0, 0, 0];
      if (threshold >= to) return above ? [0, 0, 0] : [1, 1, 1];
      const passed = Number.isFinite(to - from) ? (threshold - from) / (to - from) : 0.5;
      return [0, 1, above ? 1 - passed : passed];
    });
    return [...shares, [missing, missing, missing]];
  };
  const aesthetic = sharesOf(edges[0], minAesthetic, true);
  const punsafe = sharesOf(edges[1], maxPunsafe, false);
  const pwatermark = sharesOf(edges[2], maxPwatermark, false);
  const totals: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < cells.length; i++) {
    const w = cells[i]! % pwatermark.length;
    const rest = (cells[i]! - w) / pwatermark.length;
    const p = rest % punsafe.length;
    const a = (rest - p) / punsafe.length;
    for (let k = 0; k < 3; k++) {
      totals[k]! += counts[i]! * aesthetic[a]![k]! * punsafe[p]![k]! * pwatermark[w]![k]!;
    }
  }
  return { lower: totals[0], upper: totals[1], estimate: totals[2] };
}
