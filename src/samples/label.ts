import { RecentMap } from '../base/recent-map.ts';
import { EXPRESSION_RULE, parseExpression } from './label-expression.ts';

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

/** A transform with a name. `log1p`: ln(x + 1); `sqrt-log`: sqrt(x) ln(x + 10); `cbrt-log`: cbrt(x + 1) ln(x + 10). */
export type NamedTransform = keyof typeof TRANSFORMS;

/** How numbers x were transformed: by name, or by an expression of x that grows. */
export type LabelTransform = NamedTransform | `${typeof EXPRESSION}${string}`;

export const LABEL_TRANSFORMS = Object.keys(TRANSFORMS) as readonly NamedTransform[];

/** What an expression stands behind. */
const EXPRESSION = 'expr:';

/** Above it doubles leave out whole numbers. */
const LARGEST_COUNT = 2 ** 53;

/** From 1 or more, 53 of them reach the next double. */
const MOST_HALVINGS = 64;

/** Where it is looked whether an expression grows: 0, and from 2^-10 to 2^53 sixteen numbers for each power of two. */
const FIRST_POWER = -10;
const LAST_POWER = 53;
const LOOKS_PER_POWER = 16;

/** A transform as a function, and the largest number up to which it grows. */
interface Growing {
  readonly scoreOf: (count: number) => number;
  readonly most: number;
}

/** Expressions that were looked at last. */
const expressions = new RecentMap<string, Growing>(16);

/** @throws RangeError where an expression cannot be read, or does not grow from 0 to 1 */
function growing(transform: LabelTransform): Growing {
  if (!isExpression(transform)) return { scoreOf: TRANSFORMS[transform], most: LARGEST_COUNT };
  const known = expressions.get(transform);
  if (known) return known;
  const scoreOf = parseExpression(transform.slice(EXPRESSION.length));
  const most = mostOf(scoreOf);
  if (most < 1) throw new RangeError('it does not grow from 0 to 1');
  const found = { scoreOf, most };
  expressions.set(transform, found);
  return found;
}

function isExpression(transform: LabelTransform): transform is `${typeof EXPRESSION}${string}` {
  return transform.startsWith(EXPRESSION);
}

/** The largest of the numbers looked at up to which each has a larger score than the one before. */
function mostOf(scoreOf: (count: number) => number): number {
  let most = 0;
  let score = scoreOf(0);
  for (let look = FIRST_POWER * LOOKS_PER_POWER; look <= LAST_POWER * LOOKS_PER_POWER; look++) {
    const count = 2 ** (look / LOOKS_PER_POWER);
    const next = scoreOf(count);
    if (!(next > score) || next === Number.POSITIVE_INFINITY) return most;
    most = count;
    score = next;
  }
  return most;
}

/** What is wrong with a transform; undefined where it can be used. */
export function transformProblem(transform: string): string | undefined {
  if (Object.hasOwn(TRANSFORMS, transform)) return undefined;
  if (!transform.startsWith(EXPRESSION))
    return `it is none of ${LABEL_TRANSFORMS.join(', ')}, and no ${EXPRESSION} with an expression of ${EXPRESSION_RULE}`;
  try {
    growing(transform as LabelTransform);
    return undefined;
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

/** The largest number up to which a transform grows. @param transform one without a problem */
export function largestCountOf(transform: LabelTransform): number {
  return growing(transform).most;
}

/** What a label must be, for messages. */
export const LABEL_RULE = `an object with a transform (${LABEL_TRANSFORMS.join(', ')}, or ${EXPRESSION} and an expression of x that grows) and a unit (small letters, digits and _, as likes)`;

/** Whether a value of JSON is a label. */
export function isLabel(value: unknown): value is Label {
  if (typeof value !== 'object' || value === null) return false;
  const { transform, unit, ...rest } = value as Record<string, unknown>;
  return (
    Object.keys(rest).length === 0 &&
    typeof transform === 'string' &&
    transformProblem(transform) === undefined &&
    typeof unit === 'string' &&
    /^[a-z][a-z0-9_]{0,31}$/.test(unit)
  );
}

/** A number of things as a score: what a regressor learns. */
export function transformCount(transform: LabelTransform, count: number): number {
  return growing(transform).scoreOf(count);
}

/**
 * The number of things that a score stands for, found by bisection: the least double whose transform is not below the score; less
 * than 1, to within 2^-64. What lies below the score of 0 things is 0. NaN where there is no score, and above the score of 2^53 things, where nobody counts, or of
 * the number up to which an expression grows.
 */
export function countOf(transform: LabelTransform, score: number): number {
  const { scoreOf, most } = growing(transform);
  if (!(score <= scoreOf(most))) return Number.NaN;
  if (score <= scoreOf(0)) return 0;
  let high = 1;
  while (scoreOf(high) < score) high = Math.min(2 * high, most);
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

/** What a threshold of a score stands for, and what score it were if things had been meant by it. */
export function thresholdNote(column: string, threshold: number, { transform, unit }: Label): string {
  const own = transformCount(transform, threshold);
  const meant =
    threshold >= 0 && Number.isFinite(own) && threshold <= largestCountOf(transform)
      ? ` ${plain(threshold)} ${unit} are a score of ${plain(own)}.`
      : '';
  const count = countOf(transform, threshold);
  const stands = Number.isNaN(count) ? `more ${unit} than are counted` : `${plain(count)} ${unit}`;
  return `The threshold ${plain(threshold)} is one of ${column}, which is ${transform} of ${unit}: it stands for ${stands}.${meant}`;
}

/** Six digits are enough to filter by. */
function plain(value: number): string {
  return String(Math.abs(value) < 1e6 ? Number(value.toPrecision(6)) : Math.round(value));
}
