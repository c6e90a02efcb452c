import { weightedMean } from '../metrics/correlation.ts';
import type { LabelTransform } from '../samples/label.ts';
import type { PairTarget } from './answer-lessons.ts';
import { shared } from './ensemble.ts';
import { bestConstant, type Lessons, type ScoreScale, type ValueLoss } from './lessons.ts';
import type { Material, RowValue } from './material.ts';
import { mean, spread } from './measures.ts';
import type { Course } from './member.ts';
import type { Lesson } from './result.ts';

/** Scores of pairs have no zero and no unit: they are moved to this mean, with a spread of 1, over the samples that were compared. */
const MEAN_SCORE = 5;

/** Values are learned about the constant of the least loss, their mean or another, in units of their spread. */
export function scaleOfValues({ values, places }: Material, loss: ValueLoss): ScoreScale {
  const learned = values.filter(({ row }) => !places[row]!.isHeldOut);
  if (learned.length === 0) return { base: 0, factor: 1 };
  const own = Float64Array.from(learned, ({ value }) => value);
  const weights = weightsOf(learned);
  const factor = spread(own) || 1;
  const base = loss === 'mse' ? weightedMean(own, weights) : bestConstant(loss, own, weights, factor);
  return { base, factor };
}

/** Of pairs: the mean and the spread over the samples that were compared are given. */
export function scaleOfScores(raw: Float64Array): ScoreScale {
  const factor = 1 / (spread(raw) || 1);
  return { base: MEAN_SCORE - factor * mean(raw), factor };
}

/**
 * What networks learn from, and what they are looked at with: pairs with a side that is held out, of which those that were asked by chance, or where there are
 * none all; beside them those that a queue chose.
 */
export function courseOf(
  material: Material,
  scale: ScoreScale,
  transform: LabelTransform | undefined,
): Course {
  const { embeddings, pairs, values, places } = material;
  const { dimension } = embeddings;
  const rows = shared(embeddings.rows);
  const isHeld = (row: number): boolean => places[row]!.isHeldOut;
  if (pairs.length === 0) {
    const of = (held: boolean): Lessons =>
      valueLessons(
        values.filter(({ row }) => isHeld(row) === held),
        scale,
      );
    return { dimension, rows, training: of(false), validation: of(true), unit: { scale, transform } };
  }
  const isOut = ({ first, second }: PairTarget): boolean => isHeld(first) || isHeld(second);
  const held = pairs.filter(isOut);
  const byChance = held.filter(({ isChosen }) => !isChosen);
  const isApart = byChance.length > 0 && byChance.length < held.length;
  return {
    ...{ dimension, rows },
    training: pairLessons(pairs.filter((pair) => !isOut(pair))),
    validation: pairLessons(isApart ? byChance : held),
    ...(isApart && { chosen: pairLessons(held.filter(({ isChosen }) => isChosen)) }),
  };
}

/** The pairs among lessons that have both sides held out. */
export function withBothSides({ kind, ...lessons }: Lessons, { places }: Material): Lessons {
  const kept = [...lessons.first.keys()].filter((i) =>
    [lessons.first, lessons.second].every((side) => places[side[i]!]!.isHeldOut),
  );
  return {
    kind,
    first: Int32Array.from(kept, (i) => lessons.first[i]!),
    second: Int32Array.from(kept, (i) => lessons.second[i]!),
    targets: Float64Array.from(kept, (i) => lessons.targets[i]!),
  };
}

function pairLessons(pairs: readonly PairTarget[]): Lessons {
  return {
    kind: 'pairs',
    first: Int32Array.from(pairs, ({ first }) => first),
    second: Int32Array.from(pairs, ({ second }) => second),
    targets: Float64Array.from(pairs, ({ target }) => target),
  };
}

function valueLessons(values: readonly RowValue[], { base, factor }: ScoreScale): Lessons {
  const first = Int32Array.from(values, ({ row }) => row);
  const targets = Float64Array.from(values, ({ value }) => (value - base) / factor);
  return { kind: 'values', first, second: first, targets, weights: weightsOf(values) };
}

/** What values count, 1 on the mean. */
function weightsOf(values: readonly RowValue[]): Float64Array {
  const middle = mean(values.map(({ weight }) => weight));
  return Float64Array.from(values, ({ weight }) => weight / middle);
}

/** What scores of rows are for lessons, in the unit of their targets; of pairs in logits. */
export function predictionsOf(
  { kind, first, second, targets }: Lessons,
  raw: Float64Array,
  scale: ScoreScale,
) {
  const inUnit = (value: number): number => scale.base + scale.factor * value;
  return kind === 'pairs'
    ? { predicted: Float64Array.from(first, (row, i) => raw[row]! - raw[second[i]!]!), targets }
    : { predicted: Float64Array.from(first, (row) => inUnit(raw[row]!)), targets: targets.map(inUnit) };
}

/** Lessons with what the head gives for them. */
export function lessonsOf(lessons: Lessons, raw: Float64Array, scale: ScoreScale): Lesson[] {
  const { predicted, targets } = predictionsOf(lessons, raw, scale);
  return Array.from(predicted, (value, i) => ({
    rows: lessons.kind === 'pairs' ? [lessons.first[i]!, lessons.second[i]!] : [lessons.first[i]!],
    predicted: value,
    target: targets[i]!,
  }));
}
