/**
 * What a regressor was trained on: numbers of things (likes), transformed so that a few very large ones do not outweigh all
 * others. A score is a transformed number, and is brought back to the unit of the numbers.
 */
export interface Label {
  readonly transform: LabelTransform;
  /** What was counted: `likes`. */
  readonly unit: string;
}

/** Each grows from 0 on without an end. */
const TRANSFORMS = {
  log1p: (count: number) => Math.log1p(count),
  'sqrt-log': (count: number) => Math.sqrt(count) * Math.log(count + 10),
  'cbrt-log': (count: number) => Math.cbrt(count + 1) * Math.log(count + 10),
} as const;

/** How numbers x were transformed. `log1p`: ln(x + 1); `sqrt-log`: sqrt(x) ln(x + 10); `cbrt-log`: cbrt(x + 1) ln(x + 10). */
export type LabelTransform = keyof typeof TRANSFORMS;

export const LABEL_TRANSFORMS = Object.keys(TRANSFORMS) as readonly LabelTransform[];

/** Above it doubles leave out whole numbers. */
const LARGEST_COUNT = 2 ** 53;

/** From 1 or more, 53 of them reach the next double. */
const MOST_HALVINGS = 64;

/** What a label must be, for messages. */
export const LABEL_RULE = `an object with a transform (${LABEL_TRANSFORMS.join(', ')}) and a unit (small letters, digits and _, as likes)`;

/** Whether a value of JSON is a label. */
export function isLabel(value: unknown): value is Label {
  if (typeof value !== 'object' || value === null) return false;
  const { transform, unit, ...rest } = value as Record<string, unknown>;
  return (
    Object.keys(rest).length === 0 &&
    LABEL_TRANSFORMS.includes(transform as LabelTransform) &&
    typeof unit === 'string' &&
    /^[a-z][a-z0-9_]{0,31}$/.test(unit)
  );
}

/** A number of things as a score: what a regressor learns. */
export function transformCount(transform: LabelTransform, count: number): number {
  return TRANSFORMS[transform](count);
}

/**
 * The number of things that a score stands for, found by bisection: the least double whose transform is not below the score; less
 * than 1, to within 2^-64. What lies below the score of 0 things is 0. NaN where there is no score, and above the score of 2^53 things, where nobody counts.
 */
export function countOf(transform: LabelTransform, score: number): number {
  const scoreOf = TRANSFORMS[transform];
  if (!(score <= scoreOf(LARGEST_COUNT))) return Number.NaN;
  if (score <= scoreOf(0)) return 0;
  let high = 1;
  while (scoreOf(high) < score) high *= 2;
  let low = high === 1 ? 0 : high / 2;
  for (let step = 0; step < MOST_HALVINGS; step++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (scoreOf(middle) < score) low = middle;
    else high = middle;
  }
  return high;
}

/** The column that holds a column of scores in the unit of their label: `aesthetic_likes`. */
export function labelColumn(column: string, { unit }: Label): string {
  return `${column}_${unit}`;
}

/** Scores in the unit of their label, float32 as tags are; NaN = none. */
export function countsOf({ transform }: Label, scores: Float32Array): Float32Array {
  return scores.map((score) => countOf(transform, score));
}
