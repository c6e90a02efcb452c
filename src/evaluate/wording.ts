import type { Mode } from '../feedback/answer.ts';
import type { RangeErrors } from '../metrics/value-errors.ts';
import type { Evaluation } from './evaluate.ts';
import type { Comparison } from './part.ts';

/** What answers of a mode are called. */
export const MODE_NAMES: Readonly<Record<Mode, string>> = {
  pair: 'pairs',
  rating: 'ratings',
  keep: 'keeps',
  likes: 'likes',
};

/** Heads are A, B, C ... in tables and charts: their paths are long. */
export function letterOf(head: number): string {
  return head < 26 ? String.fromCharCode(65 + head) : `#${head + 1}`;
}

/** What a person is to know of a head, in half a line. */
export function headFacts({ candidates, heldOutOnly }: Evaluation, i: number): string {
  const { kind, facts, training, encoderProof } = candidates[i]!;
  return [
    facts,
    training && kind === 'head' && `trained here by ${training.method}`,
    encoderProof === 'none' && 'nothing shows that it belongs to these embeddings',
    heldOutOnly[i] ? 'on held-out samples' : 'on all samples',
  ]
    .filter(Boolean)
    .join('; ');
}

/** What is left out, and why, a sentence each without its end. */
export function sampleNotes({ samples, candidates, truths, heldOutOnly, options }: Evaluation): string[] {
  const isGuarded = heldOutOnly.some(
    (only, i) => only && candidates[i]!.kind === 'head' && candidates[i]!.training !== undefined,
  );
  return [
    ...(truths.notAtRandom === null
      ? []
      : [`${truths.notAtRandom} answers are left out: no queue asked them by chance`]),
    ...(samples.unlearned === null
      ? []
      : [`${samples.unlearned} samples are held out as nothing that was learned from names them`]),
    ...(isGuarded && options.takesAll
      ? [
          'Heads that were trained here are held against held-out samples alone: the others they know by heart',
        ]
      : []),
    ...candidates.flatMap(({ name }, i) =>
      samples.unscored[i]! > 0 ? [`${samples.unscored[i]} samples have no score by ${name}`] : [],
    ),
    ...(samples.unusable > 0 ? [`${samples.unusable} samples have an embedding that cannot be used`] : []),
  ];
}

/** `below 200`, `200 to 20000`, `above 20000`; with a single edge `up to 200`, `above 200`. @param count of ranges */
export function rangeText({ from, to }: Pick<RangeErrors, 'from' | 'to'>, count: number): string {
  const number = (value: number): string => String(Number(value.toPrecision(6)));
  if (from === null) return to === null ? 'all' : `${count === 2 ? 'up to' : 'below'} ${number(to)}`;
  return to === null ? `above ${number(from)}` : `${number(from)} to ${number(to)}`;
}

const SIGNIFICANT = 0.05;

/** Two heads by one figure, and what that shows. */
export function comparisonText(comparison: Comparison): { text: string; verdict: string; isShown: boolean } {
  const { first, second, difference, interval, p, pHolm, better, measure } = comparison;
  const [a, b] = [letterOf(first), letterOf(second)];
  const reach = interval ? ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]` : '';
  const isFirst = better === 'higher' ? difference! > 0 : difference! < 0;
  const isShown = pHolm! < SIGNIFICANT;
  return {
    text: `${a} - ${b}  ${measure.replaceAll('_', ' ')} ${signed(difference!)}${reach}, p ${chance(p!)}, by Holm ${chance(pHolm!)}`,
    verdict: isShown ? `${isFirst ? a : b} is better` : 'no difference is shown',
    isShown,
  };
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)}`;
}

function chance(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}
