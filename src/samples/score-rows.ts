/** Hashes and their scores, some rows at a time: every array has one entry per row. The columns' names are said once. */
export interface ScoreRows {
  /** int64 */
  readonly hashes: BigInt64Array;
  /** float32, one array per column; NaN = null. */
  readonly columns: readonly Float32Array[];
}

/** The hashes of some rows, in their order. */
export interface HashRows {
  /** int64 */
  readonly hashes: BigInt64Array;
  /** 1 where the row has no hash; the entry of `hashes` means nothing then. */
  readonly withoutHash: Uint8Array;
}

/** Scores that were looked up, in the order of the hashes. */
export interface FoundScores {
  /** 1 where the hash is known, else 0. */
  readonly found: Uint8Array;
  /** float32, one array per column of the store; NaN where the hash is missing or its score null. */
  readonly columns: readonly Float32Array[];
}

/** Rows with what was found for them. */
export interface AnswerRows extends HashRows, FoundScores {}
