import type { WhatIfCells, WhatIfThresholds } from '../scores/what-if-count.ts';

/** Everything that the page of buckets shows. Nothing in here is trusted as HTML. */
export interface BucketPageData {
  readonly title: string;
  /** The four states sum to the rows. */
  readonly states: {
    readonly scored: number;
    readonly nullScores: number;
    readonly nanScores: number;
    readonly failed: number;
  };
  readonly meanScore: number | null;
  /** Lowest first. */
  readonly buckets: readonly {
    readonly bucket: string;
    readonly count: number;
    readonly meanScore: number | null;
  }[];
  /** By share, ascending. */
  readonly quantiles: readonly { readonly share: string; readonly score: number }[];
  readonly groups: BucketPageGroups | null;
  readonly cells: WhatIfCells;
  /** What the control shows first. */
  readonly thresholds: WhatIfThresholds;
  /** The words of the command up to its thresholds: `bowerbird subset --metadata out`. */
  readonly subsetCommand: string;
  readonly laionTable: string;
  readonly sources: readonly string[];
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  readonly command: string;
  readonly bowerbirdVersion: string;
}

/** A table by a column or by domain. */
export interface BucketPageGroups {
  readonly by: string;
  readonly thresholds: readonly number[];
  readonly top: readonly {
    readonly name: string | null;
    readonly rows: number;
    readonly scored: number;
    readonly meanAesthetic: number | null;
    readonly meanPunsafe: number | null;
    readonly above: readonly number[];
  }[];
  readonly groupCount: number;
  readonly rows: number;
}
