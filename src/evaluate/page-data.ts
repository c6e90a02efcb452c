import type {
  EvaluationPageData,
  PageCollection,
  PageHead,
  PageHeadPart,
  PagePart,
  PagePicture,
  PageRange,
  PageTaste,
} from '../report/evaluation/data.ts';
import type { Candidate } from './candidates.ts';
import type { Collection } from './collection.ts';
import type { Evaluation } from './evaluate.ts';
import type { Comparison, HeadPart, Part } from './part.ts';
import { type FoundPictures, NO_PICTURES } from './pictures.ts';
import { quantileMap, thresholdText } from './quantiles.ts';
import { type Disagreement, disagreementsOf, type SheetRow } from './sheets.ts';
import { comparisonText, headFacts, letterOf, MODE_NAMES, rangeText, sampleNotes } from './wording.ts';

/** What is shown of a collection beside its thresholds, and its pictures. */
export interface Shown {
  /** By candidate of those that have one. */
  readonly sheets: readonly (readonly SheetRow[])[];
  readonly disagreements: readonly Disagreement[];
  readonly pictures: FoundPictures;
}

/** An evaluation as its page shows it. */
export function evaluationPageData(
  evaluation: Evaluation,
  shown: Shown | null,
  { command, bowerbirdVersion }: Pick<EvaluationPageData, 'command' | 'bowerbirdVersion'>,
): EvaluationPageData {
  const { candidates, parts, taste, collection, truths, samples, options } = evaluation;
  return {
    question: options.question,
    answers: truths.set.answers.length,
    samples: samples.asked,
    heldOut: samples.heldOut,
    resamples: options.resamples,
    notes: sampleNotes(evaluation),
    heads: candidates.map((candidate, i) => ({
      ...{ letter: letterOf(i), name: candidate.name, facts: headFacts(evaluation, i) },
      ...pageRatios(candidate),
    })),
    parts: parts.map((part) => pagePart(part, candidates)),
    taste: taste.map(pageTaste),
    collection: collection && pageCollection(collection, shown),
    ...{ command, bowerbirdVersion },
  };
}

/** In likes, where a head's scores can be brought back to them. */
function pageRatios({ training }: Candidate): Pick<PageHead, 'ratios' | 'ratiosOf'> {
  const { steps, ofScores, ofLikes } = training?.ratios ?? { steps: [], ofScores: [], ofLikes: [] };
  const isInLikes = ofLikes.some((ratio) => ratio !== null);
  const ratios = steps.flatMap((x, look) => {
    const y = (isInLikes ? ofLikes : ofScores)[look];
    return y === null || y === undefined ? [] : [{ x, y }];
  });
  return { ratios, ratiosOf: isInLikes ? 'likes' : 'scores' };
}

function pagePart({ truth, measures, heads, comparisons }: Part, candidates: readonly Candidate[]): PagePart {
  const title = MODE_NAMES[truth.mode];
  const primary = measures[0]?.name;
  return {
    id: truth.mode,
    title: `${title[0]!.toUpperCase()}${title.slice(1)}`,
    rater: truth.rater,
    unit: truth.kind === 'pairs' ? 'pairs' : 'samples',
    measures: measures.map(({ name }) => name),
    heads: heads.map((head, i) => pageHead(head, i, measures, candidates[i]!)),
    tests: comparisons
      .filter(({ measure, p }) => measure === primary && p !== null)
      .map((comparison: Comparison) => comparisonText(comparison)),
  };
}

function pageHead(
  { count, figures, details }: HeadPart,
  i: number,
  measures: Part['measures'],
  { label }: Candidate,
): PageHeadPart {
  const { ranking, roc, calibration, calibrationOf, calibrationInLikes, ranges, rangesInLikes } = details;
  return {
    letter: letterOf(i),
    count,
    figures: measures.map(({ name }) => {
      const { value, interval } = figures[name]!;
      return { value, low: interval?.low ?? null, high: interval?.high ?? null };
    }),
    rankingAccuracy: ranking.map(({ k, accuracy }) => ({ k, accuracy, chance: 1 / k })),
    roc,
    calibrationOf,
    calibration,
    calibrationInLikes,
    ranges: [
      ...ranges.map((range, at) =>
        pageRange(range, rangeText(rangesInLikes[at] ?? range, ranges.length), label ? 'in scores' : ''),
      ),
      ...rangesInLikes.map((range) =>
        pageRange(range, rangeText(range, rangesInLikes.length), label ? `in ${label.unit}` : ''),
      ),
    ],
  };
}

type Range = HeadPart['details']['ranges'][number];

/** @param name of the range, in the unit that it was given in */
function pageRange({ errors }: Range, name: string, unit: string): PageRange {
  return {
    range: [name, unit].filter(Boolean).join(', '),
    count: errors?.count ?? 0,
    rmse: errors?.rmse ?? null,
    mae: errors?.mae ?? null,
    bias: errors?.bias ?? null,
    ratio: errors?.ratio ?? null,
  };
}

function pageTaste({ mode, measure, parties, likeness }: Evaluation['taste'][number]): PageTaste {
  let heads = 0;
  return {
    title: MODE_NAMES[mode],
    measure: measure === 'spearman' ? 'Spearman' : 'agreement on pairs, less disagreement',
    names: parties.map(({ kind, name }) => (kind === 'head' ? letterOf(heads++) : name)),
    values: likeness.map((row) => row.map(({ value }) => value)),
  };
}

function pageCollection(collection: Collection, shown: Shown | null): PageCollection {
  const { rows, names, scores, ranks } = collection;
  const pictures = shown?.pictures ?? NO_PICTURES;
  const picture = (place: number, text: string): PagePicture => {
    const { key, hash } = names[place]!;
    return { name: key ?? hash!, webp: pictures.get(place) ?? null, text };
  };
  const both = (first: number, second: number) => (place: number) =>
    picture(
      place,
      [first, second].map((i) => `${letterOf(i)} ${ranks[i]![place]!.toFixed(2)}`).join(' \u00B7 '),
    );
  return {
    ...{ rows, drawn: names.length, letters: scores.map((_, i) => letterOf(i)) },
    topShares: quantileMap(collection).topShares.map((top) => ({
      share: top.share,
      thresholds: scores.map((_, i) => thresholdText(top, i, names.length)),
    })),
    sheets: (shown?.sheets ?? []).map((sheet, i) => ({
      letter: letterOf(i),
      rows: sheet.map(({ percentile, places }) => ({
        percentile,
        pictures: places.map((place) => picture(place, scores[i]![place]!.toFixed(2))),
      })),
    })),
    disagreements: (shown?.disagreements ?? disagreementsOf(collection)).map(
      ({ first, second, spearman, firstHigher, secondHigher }) => ({
        ...{ first: letterOf(first), second: letterOf(second), spearman },
        firstHigher: firstHigher.map(both(first, second)),
        secondHigher: secondHigher.map(both(first, second)),
      }),
    ),
  };
}
