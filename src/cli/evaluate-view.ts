import type { Evaluation } from '../evaluate/evaluate.ts';
import type { EvaluationPlace } from '../evaluate/output.ts';
import { type Comparison, type Figure, LEAST_FOR_INTERVALS, type Part } from '../evaluate/part.ts';
import { aligned } from './aligned-table.ts';
import { describeCollection, describeTaste, letterOf } from './evaluate-wide-view.ts';

/** What an evaluation came to, for a person. */
export function describeEvaluation(evaluation: Evaluation, place: EvaluationPlace | undefined): string {
  return [
    ...describeHeads(evaluation),
    '',
    ...describeSamples(evaluation),
    ...evaluation.parts.flatMap((part) => ['', ...describePart(part)]),
    ...describeTaste(evaluation),
    ...describeCollection(evaluation),
    ...(place ? ['', `Written to ${place.record.path}`] : []),
    '',
  ].join('\n');
}

function describeHeads({ candidates, heldOutOnly }: Evaluation): string[] {
  return candidates.map(({ name, training, encoderProof }, i) => {
    const facts = [
      training && `trained here by ${training.method}`,
      encoderProof === 'none' && 'nothing shows that it belongs to these embeddings',
      heldOutOnly[i] ? 'on held-out samples' : 'on all samples',
    ];
    return `${letterOf(i)}  ${name}  (${facts.filter(Boolean).join('; ')})`;
  });
}

function describeSamples({ samples, candidates, truths, heldOutOnly, options }: Evaluation): string[] {
  const { asked, heldOut, unusable, unscored } = samples;
  const guarded = heldOutOnly.some((only, i) => only && candidates[i]!.training !== undefined);
  const lines = [
    `${truths.set.answers.length} answers to ${options.question} about ${asked} samples, of which ${heldOut} are held out`,
    ...(truths.notAtRandom === null
      ? []
      : [`${truths.notAtRandom} answers are left out: no queue asked them by chance`]),
    ...(guarded && options.takesAll
      ? [
          'Heads that were trained here are held against held-out samples alone, so that nobody praises what was learned by heart',
        ]
      : []),
    ...candidates.flatMap(({ name }, i) =>
      unscored[i]! > 0 ? [`${unscored[i]} samples have no score by ${name}`] : [],
    ),
    ...(unusable > 0 ? [`${unusable} samples have an embedding that cannot be used`] : []),
  ];
  return lines;
}

const UNITS = { pair: 'pairs', rating: 'ratings', keep: 'keeps', likes: 'likes' } as const;

function describePart({ truth, measures, heads, comparisons }: Part): string[] {
  const whose = truth.rater === null ? '' : ` of ${truth.rater}`;
  const unit = truth.kind === 'pairs' ? 'pairs' : 'samples';
  const table = [
    [UNITS[truth.mode] + whose, ...heads.map((_, i) => letterOf(i))],
    [unit, ...heads.map(({ count }) => String(count))],
    ...measures
      .filter(({ name }) => heads.some(({ figures }) => figures[name]!.value !== null))
      .map(({ name }) => [
        name.replaceAll('_', ' '),
        ...heads.map(({ figures }) => describeFigure(figures[name]!)),
      ]),
    ...rankingRows(heads),
    ...thresholdRows(heads),
  ];
  const primary = measures[0]?.name;
  const tests = comparisons.filter(({ measure, p }) => measure === primary && p !== null);
  const isFew = heads.some(({ count }) => count < LEAST_FOR_INTERVALS);
  return [
    ...aligned(table),
    ...(isFew
      ? [`Of fewer than ${LEAST_FOR_INTERVALS} ${unit} no interval is given, and nothing is compared.`]
      : []),
    ...tests.map(describeComparison),
  ];
}

function rankingRows(heads: Part['heads']): string[][] {
  const at = heads[0]?.details.ranking ?? [];
  return at.flatMap(({ k }, row) => {
    const found = heads.map(({ details }) => details.ranking[row]?.accuracy ?? null);
    if (found.every((value) => value === null)) return [];
    return [[`ranking accuracy at ${k}`, ...found.map((value) => (value === null ? '-' : value.toFixed(3)))]];
  });
}

function thresholdRows(heads: Part['heads']): string[][] {
  const found = heads.map(({ details }) => details.aboveThreshold);
  if (found.every((one) => one === null)) return [];
  return [['good above the threshold', ...found.map((one) => (one ? `${one.good} of ${one.above}` : '-'))]];
}

function describeFigure({ value, interval }: Figure): string {
  if (value === null) return '-';
  const reach = interval ? ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]` : '';
  return `${value.toFixed(3)}${reach}`;
}

const SIGNIFICANT = 0.05;

function describeComparison(comparison: Comparison): string {
  const { first, second, difference, interval, p, pHolm, better, measure } = comparison;
  const [a, b] = [letterOf(first), letterOf(second)];
  const reach = interval ? ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]` : '';
  const isFirst = better === 'higher' ? difference! > 0 : difference! < 0;
  const verdict = pHolm! < SIGNIFICANT ? `${isFirst ? a : b} is better` : 'no difference is shown';
  return `${a} - ${b}  ${measure.replaceAll('_', ' ')} ${signed(difference!)}${reach}, p ${chance(p!)}, by Holm ${chance(pHolm!)}: ${verdict}`;
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)}`;
}

function chance(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}
