import { join, resolve } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { type CheckpointPlace, clearCheckpoints } from './checkpoints.ts';
import { trainEnsemble } from './ensemble.ts';
import { ensembleHeadFile } from './head-writing.ts';
import type { Lessons, ScoreScale, ValueLoss } from './lessons.ts';
import type { Material } from './material.ts';
import { chanceMeasures, type Measures, mean, sampleSpread, valueMeasures } from './measures.ts';
import { type Course, type MemberOptions, stepsOf, type TrainedMember } from './member.ts';
import { combined, memberScores, offsetsOf } from './member-scores.ts';
import {
  courseOf,
  lessonsOf,
  predictionsOf,
  scaleOfScores,
  scaleOfValues,
  withBothSides,
} from './network-course.ts';
import { CHECKPOINT_FOLDER, type TrainOptions, type TrainProgress } from './options.ts';
import { headStatement, type MadeHead } from './result.ts';

/** Between two looks at a member lie at least so many steps, and there are about so many looks. */
const LEAST_STEPS_BETWEEN = 10;
const LOOKS = 60;

/** What all seeds have in common. */
interface Task {
  readonly options: TrainOptions;
  readonly material: Material;
  readonly course: Course;
  readonly values: ScoreScale;
  readonly network: MemberOptions;
  /** Of each member. */
  readonly steps: number;
}

/** What a seed came to. */
interface SeedResult {
  readonly seed: number;
  readonly members: readonly TrainedMember[];
  readonly made: MadeHead;
}

/**
 * An ensemble from pairs or from values. The head is that of the first seed; further ones tell how much of its figures is luck.
 *
 * @throws BowerbirdError BB_INPUT_EMPTY where nothing is left to learn from, BB_USAGE for a step beyond the last; BB_OUTPUT_WRITE, BB_DISK_FULL
 */
export async function trainNetworks(
  options: TrainOptions,
  material: Material,
  progress: TrainProgress,
): Promise<MadeHead> {
  const task = taskOf(options, material);
  const seeds = Array.from({ length: options.seeds ?? 1 }, (_, i) => options.network.seed + i);
  const results: SeedResult[] = [];
  for (const [i, seed] of seeds.entries()) {
    if (i > 0 && progress.signal?.aborted) break;
    results.push(await trainSeed(task, seed, progress, i * task.steps * options.members));
  }
  // An interrupted seed has other figures than those beside it.
  const whole = progress.signal?.aborted ? results.slice(0, -1) : results;
  const { made } = results[0]!;
  return seeds.length === 1 ? made : { ...made, facts: { ...made.facts, ...seedFacts(whole) } };
}

function taskOf(options: TrainOptions, material: Material): Task {
  const values = scaleOfValues(material, options.network.valueLoss);
  const { label } = headStatement(options, material);
  const course = courseOf(material, values, label?.transform);
  if (course.training.first.length === 0)
    throw new BowerbirdError(
      'BB_INPUT_EMPTY',
      'No answer is left to learn from: all are held out, or lie across the border of what is held out. Answer some more.',
    );
  const steps = stepsOf(course, options.network);
  const { keepStep } = options;
  if (keepStep !== undefined && keepStep > steps)
    throw new BowerbirdError(
      'BB_USAGE',
      `--step ${keepStep} lies beyond the last step, which is ${steps}. Give an earlier one, or more --epochs.`,
    );
  const evaluateEvery = options.evaluateEvery ?? Math.max(LEAST_STEPS_BETWEEN, Math.ceil(steps / LOOKS));
  const hidden = options.hidden ?? course.dimension;
  const network = { ...options.network, hidden, evaluateEvery, keepStep };
  return { options, material, course, values, network, steps: keepStep ?? steps };
}

async function trainSeed(
  task: Task,
  seed: number,
  progress: TrainProgress,
  stepsBefore: number,
): Promise<SeedResult> {
  const { options, course, steps } = task;
  const isFirst = seed === options.network.seed;
  const checkpoints = isFirst ? await checkpointPlace(task) : undefined;
  const reached = new Array<number>(options.members).fill(0);
  const network = { ...task.network, seed };
  const members = await trainEnsemble(course, network, {
    ...{ members: options.members, threads: options.threads, signal: progress.signal, checkpoints },
    onLook: (member, { step }) => {
      reached[member] = step;
      const done = reached.reduce((sum, each) => sum + each, stepsBefore);
      progress.advance('training', done, steps * options.members * (options.seeds ?? 1), 'steps');
    },
  });
  return { seed, members, made: describe(task, members) };
}

/** A folder for members on their way, without those of an earlier training. */
async function checkpointPlace({
  options,
  material,
  course,
  values,
}: Task): Promise<CheckpointPlace | undefined> {
  if (!options.saveCheckpoints) return undefined;
  const folder = join(resolve(options.outputFolder), CHECKPOINT_FOLDER);
  await clearCheckpoints(folder);
  return {
    ...{ folder, dimension: course.dimension, isOfPairs: course.training.kind === 'pairs' },
    scale: course.training.kind === 'pairs' ? { base: 0, factor: 1 } : values,
    statement: headStatement(options, material),
  };
}

function describe(
  { options, material, course, values, network }: Task,
  members: readonly TrainedMember[],
): MadeHead {
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
      ...networkFacts(network, isPairs),
      steps_kept: members.map(({ step }) => step),
      step_rule: stepRule(network, course),
      ...(isPairs && { logits_per_point: 1 / scale.factor }),
    },
    measures: {
      training: measure(course.training),
      held_out: measure(course.validation),
      ...(isPairs && { held_out_both_sides: measure(withBothSides(course.validation, material)) }),
      ...(course.chosen && { held_out_chosen: measure(course.chosen) }),
    },
    curves: members.map(({ curve }) => curve),
  };
}

function stepRule({ keepStep }: MemberOptions, { validation, chosen }: Course): string {
  if (keepStep !== undefined) return 'given by hand';
  if (validation.first.length === 0) return 'the last: nothing is held out';
  return `lowest loss on held-out answers${chosen ? ' that were asked by chance' : ''}, smoothed by 0.3`;
}

function networkFacts(network: MemberOptions, isPairs: boolean): Record<string, unknown> {
  return {
    hidden: network.hidden,
    dropout: network.dropout,
    batch: network.batch,
    epochs: network.epochs,
    learning_rate: network.learningRate,
    weight_decay: network.weightDecay,
    ...lossFacts(isPairs ? 'log_loss' : network.valueLoss),
    evaluate_every: network.evaluateEvery,
  };
}

function lossFacts(loss: 'log_loss' | ValueLoss): Record<string, unknown> {
  return typeof loss === 'object' ? { loss: 'quantile', quantile: loss.quantile } : { loss };
}

/** The figures on held-out answers of each seed, and how they lie. */
function seedFacts(results: readonly SeedResult[]): Record<string, unknown> {
  const seeds = results.map(({ seed, made }) => ({ seed, ...made.measures['held_out'] }));
  const names = Object.keys(results[0]?.made.measures['held_out'] ?? {}).filter((name) => name !== 'count');
  const spreads = names.flatMap((name) => {
    const values = results.flatMap(({ made }) => (made.measures['held_out'] as Measures)[name] ?? []);
    return values.length < 2 ? [] : [[name, { mean: mean(values), spread: sampleSpread(values) }] as const];
  });
  return { seeds_tried: seeds, over_seeds: Object.fromEntries(spreads) };
}
