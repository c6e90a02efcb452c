import type { CalibrationPoint } from '../train-page-data.ts';

/** What the page of `bowerbird evaluate` shows, as plain data. */
export interface EvaluationPageData {
  readonly question: string;
  readonly answers: number;
  readonly samples: number;
  readonly heldOut: number;
  readonly resamples: number;
  readonly notes: readonly string[];
  readonly heads: readonly PageHead[];
  readonly parts: readonly PagePart[];
  readonly taste: readonly PageTaste[];
  readonly collection: PageCollection | null;
  readonly command: string;
  readonly bowerbirdVersion: string;
}

/** A head; tables and charts call it by its letter. */
export interface PageHead {
  readonly letter: string;
  readonly name: string;
  readonly facts: string;
  /** What predictions summed up to beside the truth while it was trained, by step; empty where that is not known. */
  readonly ratios: readonly { readonly x: number; readonly y: number }[];
  /** What `ratios` are sums of: `likes`, `scores`. */
  readonly ratiosOf: string;
}

/** The answers of one mode. */
export interface PagePart {
  /** Of the section: `ratings`. */
  readonly id: string;
  readonly title: string;
  /** Null: of all raters together. */
  readonly rater: string | null;
  readonly unit: string;
  readonly measures: readonly string[];
  /** By head. */
  readonly heads: readonly PageHeadPart[];
  readonly tests: readonly PageTest[];
}

export interface PageFigure {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface PageHeadPart {
  readonly letter: string;
  readonly count: number;
  /** By measure. */
  readonly figures: readonly PageFigure[];
  readonly rankingAccuracy: readonly PageRanking[];
  readonly roc: readonly { readonly threshold: number; readonly others: number; readonly good: number }[];
  readonly calibrationOf: 'scores' | 'chances' | 'differences';
  readonly calibration: readonly CalibrationPoint[];
  /** In likes, where scores can be brought back to them. */
  readonly calibrationInLikes: readonly CalibrationPoint[];
  /** Errors by ranges of the truth, as rows. */
  readonly ranges: readonly PageRange[];
}

export interface PageRanking {
  readonly k: number;
  readonly accuracy: number | null;
  /** What an order by chance gives. */
  readonly chance: number;
}

export interface PageRange {
  readonly range: string;
  readonly count: number;
  readonly rmse: number | null;
  readonly mae: number | null;
  readonly bias: number | null;
  readonly ratio: number | null;
}

export interface PageTest {
  readonly text: string;
  readonly verdict: string;
  readonly isShown: boolean;
}

export interface PageTaste {
  readonly title: string;
  readonly measure: string;
  readonly names: readonly string[];
  readonly values: readonly (readonly (number | null)[])[];
}

export interface PageCollection {
  readonly rows: number;
  readonly drawn: number;
  /** Letters of heads, in the order of all lists by head. */
  readonly letters: readonly string[];
  /** Thresholds in words: with the share that lies above where no threshold has the one wanted. */
  readonly topShares: readonly { readonly share: number; readonly thresholds: readonly string[] }[];
  readonly sheets: readonly PageSheet[];
  readonly disagreements: readonly PageDisagreement[];
}

export interface PageSheet {
  readonly letter: string;
  readonly rows: readonly { readonly percentile: number; readonly pictures: readonly PagePicture[] }[];
}

export interface PageDisagreement {
  readonly first: string;
  readonly second: string;
  readonly spearman: number | null;
  readonly firstHigher: readonly PagePicture[];
  readonly secondHigher: readonly PagePicture[];
}

/** A sample: its picture, or what it is called. */
export interface PagePicture {
  readonly name: string;
  /** WebP in base64; null where there is no picture on this machine. */
  readonly webp: string | null;
  /** What stands below it: its score, or its scores. */
  readonly text: string;
}
