/** Score thresholds whose share each group shows: rows strictly above, as the filter has it. */
export const GROUP_THRESHOLDS = [5, 6, 7, 8] as const;

/** Groups come by rows, by mean punsafe (as LAION's table of domains) or by mean score, the greatest first. */
export type GroupOrder = 'count' | 'punsafe' | 'aesthetic';

/** Rows with the same value of a column (or the same domain). */
export interface Group {
  /** Null for the rows where the column is null. */
  readonly name: string | null;
  /** All rows but failed ones. */
  readonly rows: number;
  readonly scored: number;
  readonly meanAesthetic: number | null;
  /** Over the rows that have a punsafe. */
  readonly meanPunsafe: number | null;
  /** Rows with a score strictly above each of `GROUP_THRESHOLDS`. */
  readonly above: readonly number[];
}

/** The first groups in some order, and what is left out. */
export interface Groups {
  readonly top: readonly Group[];
  readonly groupCount: number;
  /** Over all groups. */
  readonly rows: number;
}
