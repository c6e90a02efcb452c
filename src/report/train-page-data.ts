/** A look at a network on its way. */
export interface CurvePoint {
  readonly step: number;
  /** The mean loss since the last look; null before the first step. */
  readonly training: number | null;
  /** On what is held out; null where nothing is. */
  readonly heldOut: number | null;
}

/** A network of an ensemble. */
export interface MemberCurve {
  readonly points: readonly CurvePoint[];
  /** The step that it is kept at. */
  readonly keptStep: number;
}

/** Penalties that were tried, and what each came to on rows that had no part in the fit. */
export interface TriedPenalties {
  /** What errors are: `rmse`, `log loss`. */
  readonly measure: string;
  readonly tried: readonly { readonly penalty: number; readonly error: number }[];
  readonly chosen: number;
}

/** Held-out answers with like predictions. */
export interface CalibrationPoint {
  readonly count: number;
  readonly predicted: number;
  readonly truth: number;
  /** The 95 % interval of the truth. */
  readonly low: number;
  readonly high: number;
}

/** How predictions and truths go together. */
export interface Calibration {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lead: string;
  readonly points: readonly CalibrationPoint[];
}

/** A sample as the page shows it. */
export interface ShownSample {
  /** Its hash or key. */
  readonly name: string;
  readonly caption: string | null;
  /** A WebP in base64; null where there is none. */
  readonly webpBase64: string | null;
  /** A PNG in its place. */
  readonly pngBase64?: string;
}

/** A held-out answer: one sample, or two of which the left one is named first. */
export interface ShownLesson {
  readonly samples: readonly ShownSample[];
  readonly said: string;
  readonly predicted: string;
  readonly error: string;
}

/** What the page of a training shows. */
export interface TrainPageData {
  readonly question: string;
  readonly method: string;
  readonly figures: readonly { readonly name: string; readonly value: string; readonly note: string }[];
  readonly curves: readonly MemberCurve[];
  /** What is said of them, where not what is said of an ensemble. */
  readonly curvesLead?: string;
  /** Of values: how much of the truth predictions on what is held out make up at each look, the mean of the networks; a line for each unit. */
  readonly ratios: readonly {
    readonly name: string;
    readonly points: readonly { readonly x: number; readonly y: number }[];
  }[];
  /** Of likes: how often posts are put in their right place, by step; a line for each number of posts. */
  readonly rankings?: TrainPageData['ratios'];
  readonly penalties: TriedPenalties | null;
  /** Null where nothing is held out. */
  readonly calibration: Calibration | null;
  readonly worst: readonly ShownLesson[];
  readonly best: readonly ShownLesson[];
  /** Figures by what they are of, in the words of the record. */
  readonly measures: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly command: string;
  readonly bowerbirdVersion: string;
}
