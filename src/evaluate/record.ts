import { withUrls } from '../storage/copied-urls.ts';
import type { Collection } from './collection.ts';
import type { Figure } from './compare.ts';
import type { Details } from './details.ts';
import type { Evaluation } from './evaluate.ts';
import type { HeadPart, Part } from './part.ts';
import { quantileMap } from './quantiles.ts';
import { disagreementsOf } from './sheets.ts';

/** The record of an evaluation, as it lies in evaluation.json (schemas/evaluation.schema.json). Numbers that are not defined are null. */
export function evaluationRecord(evaluation: Evaluation): Record<string, unknown> {
  const { options, truths, samples, parts, candidates } = evaluation;
  return {
    format: 'bowerbird-evaluation',
    version: 1,
    question: options.question,
    seed: options.seed,
    resamples: options.resamples,
    feedback: {
      files: options.feedback.map(withUrls),
      digest: truths.set.digest,
      answers: truths.set.answers.length,
      answers_not_at_random: truths.notAtRandom,
      lines_passed_over: truths.set.counts.problems.total,
    },
    samples: {
      ...{ asked: samples.asked, held_out: samples.heldOut, unusable: samples.unusable },
      not_learned_from: samples.unlearned,
    },
    heads: candidates.map((_, i) => headRecord(evaluation, i)),
    parts: parts.map((part) => partRecord(part, evaluation)),
    taste: evaluation.taste.map(({ likeness, ...rest }) => ({
      ...rest,
      likeness: likeness.map((row) => row.map(({ value }) => value)),
      shared: likeness.map((row) => row.map(({ shared }) => shared)),
    })),
    collection: evaluation.collection ? collectionRecord(evaluation.collection, evaluation) : null,
  };
}

function headRecord({ candidates, heldOutOnly, samples }: Evaluation, i: number): Record<string, unknown> {
  const { name, kind, path, facts, column, digest, encoderProof, label, training } = candidates[i]!;
  return {
    name,
    kind,
    path: path ?? null,
    ...(facts !== undefined && { facts }),
    column: column ?? null,
    digest: digest ?? null,
    encoder_proof: encoderProof ?? null,
    label: label ?? null,
    training:
      training && kind !== 'baseline'
        ? {
            method: training.method,
            mode: training.mode,
            question: training.question,
            feedback_digest: training.feedbackDigest,
            record_is_of_head: training.isOfHead,
            prediction_ratios: training.ratios
              ? {
                  steps: training.ratios.steps,
                  in_scores: training.ratios.ofScores,
                  in_likes: training.ratios.ofLikes,
                  kept_step: training.ratios.keptStep,
                }
              : null,
          }
        : null,
    evaluated_on: heldOutOnly[i] ? 'held-out' : 'all',
    samples_without_score: samples.unscored[i]!,
  };
}

function partRecord(
  { truth, measures, heads, comparisons }: Part,
  { candidates }: Evaluation,
): Record<string, unknown> {
  const name = (i: number): string => candidates[i]!.name;
  return {
    mode: truth.mode,
    rater: truth.rater,
    answers: truth.answers,
    unit: truth.kind === 'pairs' ? 'pairs' : 'samples',
    measures,
    heads: heads.map((head, i) => ({ name: name(i), ...headPartRecord(head) })),
    comparisons: comparisons.map(({ first, second, interval, pHolm, ...rest }) => ({
      ...rest,
      first: name(first),
      second: name(second),
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      p_holm: pHolm,
    })),
  };
}

function headPartRecord({ count, figures, details }: HeadPart): Record<string, unknown> {
  return {
    count,
    figures: Object.fromEntries(
      Object.entries(figures).map(([name, figure]) => [name, figureRecord(figure)]),
    ),
    ...detailsRecord(details),
  };
}

function figureRecord({ value, interval }: Figure): Record<string, unknown> {
  return { value, low: interval?.low ?? null, high: interval?.high ?? null };
}

function detailsRecord(details: Details): Record<string, unknown> {
  const { calibration, calibrationOf, calibrationInLikes, roc, aboveThreshold, ranking } = details;
  return {
    calibration: { of: calibrationOf, bins: calibration },
    calibration_in_likes: calibrationInLikes,
    roc: roc.map(({ threshold, others, good }) => ({
      threshold: Number.isFinite(threshold) ? threshold : null,
      others,
      good,
    })),
    above_threshold: aboveThreshold,
    ranking_accuracy: ranking.map(({ standardError, ...rest }) => ({
      ...rest,
      standard_error: standardError,
      chance: 1 / rest.k,
    })),
    ranges: details.ranges,
    ranges_in_likes: details.rangesInLikes,
  };
}

function collectionRecord(collection: Collection, { candidates }: Evaluation): Record<string, unknown> {
  const { rows, names, scores, ranks } = collection;
  const { topShares, percentiles } = quantileMap(collection);
  const sample = (place: number, heads: readonly number[]): Record<string, unknown> => ({
    hash: names[place]!.hash ?? null,
    key: names[place]!.key ?? null,
    scores: heads.map((i) => scores[i]![place]!),
    ranks: heads.map((i) => ranks[i]![place]!),
  });
  return {
    rows,
    drawn: names.length,
    top_shares: topShares,
    percentiles: percentiles.map((values, i) => ({ name: candidates[i]!.name, values })),
    disagreements: disagreementsOf(collection).map(
      ({ first, second, spearman, firstHigher, secondHigher }) => ({
        first: candidates[first]!.name,
        second: candidates[second]!.name,
        spearman,
        first_higher: firstHigher.map((place) => sample(place, [first, second])),
        second_higher: secondHigher.map((place) => sample(place, [first, second])),
      }),
    ),
  };
}
