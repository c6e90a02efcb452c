import type { Evaluation } from '../evaluate/evaluate.ts';
import type { EvaluationPlace } from '../evaluate/output.ts';
import { type Comparison, type Figure, LEAST_FOR_INTERVALS, type Part } from '../evaluate/part.ts';
import {
  comparisonText,
  headFacts,
  letterOf,
  MODE_NAMES,
  rangeText,
  sampleNotes,
} from '../evaluate/wording.ts';
import type { ValueErrors } from '../metrics/value-errors.ts';
import { aligned } from './aligned-table.ts';
import { describeCollection, describeTaste } from './evaluate-wide-view.ts';

/** What an evaluation came to, for a person. */
export function describeEvaluation(evaluation: Evaluation, place: EvaluationPlace | undefined): string {
  return [
    ...describeHeads(evaluation),
    '',
    ...describeSamples(evaluation),
    ...evaluation.parts.flatMap((part) => ['', ...describePart(part), ...describeRanges(part)]),
    ...describeRatios(evaluation),
    ...describeTaste(evaluation),
    ...describeCollection(evaluation),
    ...(place ? ['', `Written to ${place.record.path}`] : []),
    '',
  ].join('\n');
}

function describeHeads(evaluation: Evaluation): string[] {
  return evaluation.candidates.map(({ name }, i) => `${letterOf(i)}  ${name}  (${headFacts(evaluation, i)})`);
}

function describeSamples(evaluation: Evaluation): string[] {
  const { samples, truths, options } = evaluation;
  const { asked, heldOut } = samples;
  return [
    `${truths.set.answers.length} answers to ${options.question} about ${asked} samples, of which ${heldOut} are held out`,
    ...sampleNotes(evaluation),
  ];
}

function describePart({ truth, measures, heads, comparisons }: Part): string[] {
  const whose = truth.rater === null ? '' : ` of ${truth.rater}`;
  const unit = truth.kind === 'pairs' ? 'pairs' : 'samples';
  const table = [
    [MODE_NAMES[truth.mode] + whose, ...heads.map((_, i) => letterOf(i))],
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
    const name = `ranking accuracy at ${k} (chance ${(1 / k).toFixed(3)})`;
    return [[name, ...found.map((value) => (value === null ? '-' : value.toFixed(3)))]];
  });
}

/** Of each range and head four numbers: they belong together, and a row for each would be forty. */
function describeRanges({ heads }: Part): string[] {
  const units = [
    ['ranges', 'in the unit of scores'],
    ['rangesInLikes', 'in likes'],
  ] as const;
  const tables = units.flatMap(([of, unit]) => {
    const names = heads.find(({ details }) => details[of].length > 0)?.details[of] ?? [];
    if (names.length === 0) return [];
    const rows = names.map((_, i) => {
      const range = heads.map(({ details }) => details[of][i]);
      // In the unit that they were given in, which those of transformed likes are not.
      const named = heads.map(({ details }) => details.rangesInLikes[i] ?? details.ranges[i]);
      const known = range.find((one) => one?.errors)?.errors;
      return [
        `${rangeText(named.find((one) => one)!, names.length)} (${known?.count ?? 0})`,
        ...range.map((one) => describeErrors(one?.errors ?? null)),
      ];
    });
    return [
      '',
      ...aligned([
        [`errors ${unit}: rmse, mae, bias, sum to truth`, ...heads.map((_, i) => letterOf(i))],
        ...rows,
      ]),
    ];
  });
  return tables;
}

function describeErrors(errors: ValueErrors | null): string {
  if (!errors) return '-';
  const { rmse, mae, bias, ratio } = errors;
  const number = (value: number): string =>
    Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '-';
  return [
    number(rmse),
    number(mae),
    `${bias > 0 ? '+' : ''}${number(bias)}`,
    ratio === null ? '-' : number(ratio),
  ].join(' ');
}

/** What predictions summed up to beside the truth while heads were trained: at the beginning, where they are kept, at the end. */
function describeRatios({ candidates }: Evaluation): string[] {
  const lines = candidates.flatMap(({ training }, i) => {
    const { steps, ofScores, ofLikes, keptStep } = training?.ratios ?? NO_RATIOS;
    const isInLikes = ofLikes.some((ratio) => ratio !== null);
    const ratios = isInLikes ? ofLikes : ofScores;
    if (steps.length === 0 || ratios.every((ratio) => ratio === null)) return [];
    const kept = keptStep === null ? -1 : steps.findIndex((step) => step >= keptStep);
    const looks = [...new Set([0, kept, steps.length - 1])].filter((look) => look >= 0);
    const told = looks.map((look) => `${ratios[look]?.toFixed(3) ?? '-'} at step ${steps[look]}`);
    return [
      `${letterOf(i)}  sum of predictions to truth while training, in ${isInLikes ? 'likes' : 'scores'}: ${told.join(', ')}`,
    ];
  });
  return lines.length === 0 ? [] : ['', ...lines];
}

const NO_RATIOS = { steps: [], ofScores: [], ofLikes: [], keptStep: null };

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

function describeComparison(comparison: Comparison): string {
  const { text, verdict } = comparisonText(comparison);
  return `${text}: ${verdict}`;
}
