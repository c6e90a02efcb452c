import { BowerbirdError } from '../base/errors.ts';
import { shared, trainEnsemble } from './ensemble.ts';
import { ensembleHeadFile, type ScoreScale } from './head-writing.ts';
import type { Lessons } from './lessons.ts';
import type { Material } from './material.ts';
import { chanceMeasures, mean, spread, valueMeasures } from './measures.ts';
import { type Course, type MemberOptions, stepsOf, type TrainedMember } from './member.ts';
import { combined, memberScores, offsetsOf } from './member-scores.ts';
import type { TrainOptions, TrainProgress } from './options.ts';
import { headStatement, type Lesson, type MadeHead } from './result.ts';

/** Between two looks at a member lie at least so many steps, and there are about so many looks. */
const LEAST_STEPS_BETWEEN = 10;
const LOOKS = 60;
/** Scores of pairs have no zero and no unit: they are moved to this mean, with a spread of 1, over the samples that were compared. */
const MEAN_SCORE = 5;

/** An ensemble from pairs or from values. @throws BowerbirdError BB_INPUT_EMPTY where nothing is left to learn from */
export async function trainNetworks(
  options: TrainOptions,
  material: Material,
  progress: TrainProgress,
): Promise<MadeHead> {
  const values = scaleOfValues(material);
  const course = courseOf(material, values);
  if (course.training.first.length === 0)
    throw new BowerbirdError(
      'BB_INPUT_EMPTY',
      'No answer is left to learn from: all are held out, or lie across the border of what is held out. Answer some more.',
    );
  const steps = stepsOf(course, options.network);
  const evaluateEvery = options.evaluateEvery ?? Math.max(LEAST_STEPS_BETWEEN, Math.ceil(steps / LOOKS));
  const network: MemberOptions = {
    ...options.network,
    hidden: options.hidden ?? course.dimension,
    evaluateEvery,
  };
  const reached = new Array<number>(options.members).fill(0);
  const members = await trainEnsemble(course, network, {
    ...{ members: options.members, threads: options.threads, signal: progress.signal },
    onLook: (member, { step }) => {
      reached[member] = step;
      const done = reached.reduce((sum, each) => sum + each, 0);
      progress.advance('training', done, steps * options.members, 'steps');
    },
  });
  return describe(options, material, { course, members, values, network });
}

interface Trained {
  readonly course: Course;
  readonly members: readonly TrainedMember[];
  readonly values: ScoreScale;
  readonly network: MemberOptions;
}

function describe(options: TrainOptions, material: Material, trained: Trained): MadeHead {
  const { course, members, values, network } = trained;
  const isPairs = course.training.kind === 'pairs';
  const each = memberScores(members, course);
  // Scores of pairs have no zero: each member's own is moved to that of all, so that they can be compared.
  const offsets = isPairs ? offsetsOf(each) : each.map(() => 0);
  const combine = options.combine ?? 'mean';
  const raw = combined(each, offsets, combine);
  const scale = isPairs ? scaleOfScores(raw) : values;
  const measure = (lessons: Lessons) => {
    const predictions = predictionsOf(lessons, raw, scale);
    return isPairs ? chanceMeasures(predictions) : valueMeasures(predictions);
  };
  return {
    file: ensembleHeadFile(
      members,
      course.dimension,
      { ...scale, offsets, combine, isOfPairs: isPairs },
      headStatement(options, material),
    ),
    lessons: lessonsOf(course.validation, raw, scale),
    facts: {
      members: members.length,
      members_asked_for: options.members,
      combined_by: combine,
      ...networkFacts(network),
      steps_kept: members.map(({ step }) => step),
      step_rule: 'lowest loss on held-out answers, smoothed by 0.3; the last where nothing is held out',
      ...(isPairs && { logits_per_point: 1 / scale.factor }),
    },
    measures: { training: measure(course.training), held_out: measure(course.validation) },
    curves: members.map(({ curve }) => curve),
  };
}

function networkFacts(network: MemberOptions): Record<string, unknown> {
  return {
    hidden: network.hidden,
    dropout: network.dropout,
    batch: network.batch,
    epochs: network.epochs,
    learning_rate: network.learningRate,
    weight_decay: network.weightDecay,
    loss: network.valueLoss,
    evaluate_every: network.evaluateEvery,
  };
}

/** Values are learned about their mean, in units of their spread. */
function scaleOfValues({ values, places }: Material): ScoreScale {
  const learned = values.filter(({ row }) => !places[row]!.isHeldOut).map(({ value }) => value);
  return learned.length === 0
    ? { base: 0, factor: 1 }
    : { base: mean(learned), factor: spread(learned) || 1 };
}

function scaleOfScores(raw: Float64Array): ScoreScale {
  const factor = 1 / (spread(raw) || 1);
  return { base: MEAN_SCORE - factor * mean(raw), factor };
}

function courseOf({ embeddings, pairs, values, places }: Material, scale: ScoreScale): Course {
  const { dimension, rows } = embeddings;
  const isHeld = (row: number): boolean => places[row]!.isHeldOut;
  const lessons = (held: boolean): Lessons => {
    if (pairs.length > 0) {
      const chosen = pairs.filter(({ first }) => isHeld(first) === held);
      return {
        kind: 'pairs',
        first: Int32Array.from(chosen, ({ first }) => first),
        second: Int32Array.from(chosen, ({ second }) => second),
        targets: Float64Array.from(chosen, ({ target }) => target),
      };
    }
    const chosen = values.filter(({ row }) => isHeld(row) === held);
    const first = Int32Array.from(chosen, ({ row }) => row);
    const targets = Float64Array.from(chosen, ({ value }) => (value - scale.base) / scale.factor);
    return { kind: 'values', first, second: first, targets };
  };
  return { dimension, rows: shared(rows), training: lessons(false), validation: lessons(true) };
}

function predictionsOf({ kind, first, second, targets }: Lessons, raw: Float64Array, scale: ScoreScale) {
  const inUnit = (value: number): number => scale.base + scale.factor * value;
  return kind === 'pairs'
    ? { predicted: Float64Array.from(first, (row, i) => raw[row]! - raw[second[i]!]!), targets }
    : { predicted: Float64Array.from(first, (row) => inUnit(raw[row]!)), targets: targets.map(inUnit) };
}

function lessonsOf(lessons: Lessons, raw: Float64Array, scale: ScoreScale): Lesson[] {
  const { predicted, targets } = predictionsOf(lessons, raw, scale);
  return Array.from(predicted, (value, i) => ({
    rows: lessons.kind === 'pairs' ? [lessons.first[i]!, lessons.second[i]!] : [lessons.first[i]!],
    predicted: value,
    target: targets[i]!,
  }));
}
