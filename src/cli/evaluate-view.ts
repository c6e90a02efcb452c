import type { Evaluation } from '../evaluate/evaluate.ts';
import type { EvaluationPlace } from '../evaluate/output.ts';
import { type Comparison, type Figure, LEAST_FOR_INTERVALS, type Part } from '../evaluate/part.ts';
import { comparisonText, headFacts, letterOf, MODE_NAMES, sampleNotes } from '../evaluate/wording.ts';
import { aligned } from './aligned-table.ts';
import { describeCollection, describeTaste } from './evaluate-wide-view.ts';

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

function describeComparison(comparison: Comparison): string {
  const { text, verdict } = comparisonText(comparison);
  return `${text}: ${verdict}`;
}
