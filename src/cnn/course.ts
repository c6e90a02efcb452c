import { BatchThread } from './batch-thread.ts';
import { type BatchPlace, stepsPerEpoch } from './batches.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { DatasetSplit } from './dataset.ts';
import { openImages } from './dataset.ts';
import type { Loss } from './graph/loss.ts';
import { bestOf, figuresOf, type Look } from './looks.ts';
import { meanLoss } from './losses.ts';
import { predictions } from './predictor.ts';
import type { NetworkShape } from './shape.ts';
import { startState } from './state.ts';
import { Stepper, type TrainingDevice } from './stepper.ts';
import type { PixelScale } from './training-graph.ts';

/** Targets are learned about their mean, in units of their spread: target = base + factor x value. */
export interface TargetScale {
  readonly base: number;
  readonly factor: number;
}

/** All that a training is about. */
export interface Course {
  readonly shape: NetworkShape;
  readonly loss: Loss;
  readonly scale: PixelScale;
  readonly targetScale: TargetScale;
  readonly train: DatasetSplit;
  readonly validation: DatasetSplit;
  readonly batch: number;
  readonly epochs: number;
  readonly patience: number | undefined;
  readonly learningRate: number;
  readonly seed: number;
  readonly threads: number;
  readonly device: TrainingDevice;
}

/** What goes on beside the steps. */
export interface CourseHooks {
  readonly signal?: AbortSignal | undefined;
  /** Where an earlier training had come to. */
  readonly from?: Checkpoint | undefined;
  /** Called at the end of each epoch, before `onLook`. */
  readonly keep: (checkpoint: Checkpoint) => Promise<void>;
  readonly onStep: (done: number, total: number) => void;
  /** Of pictures that are looked at at the end of an epoch. */
  readonly onSeen: (done: number, total: number) => void;
  readonly onLook: (look: Look) => void;
}

/** A network that was trained. */
export interface Trained {
  /** float32: the weights of the best look. */
  readonly weights: Float32Array;
  readonly bestEpoch: number;
  readonly looks: readonly Look[];
  /** Why it ended. */
  readonly end: 'epochs' | 'patience' | 'diverged' | 'signal';
}

/**
 * Trains a network, epoch by epoch, with a look at the end of each. The same course gives the same looks and weights, whether or not it was begun by an earlier training.
 *
 * @throws BowerbirdError BB_DEVICE_UNAVAILABLE, BB_INPUT_FORMAT, BB_INPUT_UNREADABLE; what `keep` throws
 */
export async function trainCourse(course: Course, hooks: CourseHooks): Promise<Trained> {
  const { shape, batch, loss, scale, threads, device } = course;
  const stepper = await Stepper.open({ shape, batch, loss, scale }, { threads, device });
  try {
    return await run(course, stepper, hooks);
  } finally {
    await stepper.close();
  }
}

async function run(course: Course, stepper: Stepper, hooks: CourseHooks): Promise<Trained> {
  const { from, signal } = hooks;
  const steps = stepsPerEpoch(course.train.count, course.batch);
  const looks = [...(from?.looks ?? [])];
  stepper.load(from?.state ?? startState(course.shape, course.seed), looks.at(-1)?.step ?? 0);
  let best = from?.best ?? stepper.state.weight.slice();
  const look = async (trainingLoss: number | null): Promise<void> => {
    const epoch = looks.length;
    const made = { epoch, step: epoch * steps, trainingLoss, ...(await lookAt(course, stepper, hooks)) };
    looks.push(made);
    if (bestOf(looks) === made) best = stepper.state.weight.slice();
    await hooks.keep({ state: stepper.state, best, looks });
    hooks.onLook(made);
  };
  if (looks.length === 0) await look(null);
  const first = looks.length - 1;
  const batches = openBatches(course, first, steps);
  let end: Trained['end'] = 'epochs';
  try {
    for (let epoch = first; epoch < course.epochs; epoch++) {
      if (isPatienceGone(course, looks)) end = 'patience';
      if (signal?.aborted) end = 'signal';
      if (end !== 'epochs') break;
      const trainingLoss = await trainEpoch(course, { stepper, batches, hooks, steps, epoch });
      if (Number.isNaN(trainingLoss)) {
        end = 'diverged';
        break;
      }
      if (trainingLoss === undefined) end = 'signal';
      else await look(trainingLoss);
    }
  } finally {
    await batches.close();
  }
  return { weights: best, bestEpoch: bestOf(looks).epoch, looks, end };
}

function isPatienceGone({ patience }: Course, looks: readonly Look[]): boolean {
  return patience !== undefined && looks.length - 1 - bestOf(looks).epoch >= patience;
}

function openBatches(course: Course, firstEpoch: number, steps: number): BatchThread {
  const { shape, batch, seed, train, targetScale } = course;
  function* places(): Generator<BatchPlace> {
    for (let epoch = firstEpoch; epoch < course.epochs; epoch++)
      for (let step = 0; step < steps; step++) yield { epoch, step };
  }
  const targets = Float32Array.from(
    train.targets,
    (target) => (target - targetScale.base) / targetScale.factor,
  );
  return new BatchThread({ imagesPath: train.imagesPath, shape, targets, batch, seed }, places());
}

interface EpochWork {
  readonly stepper: Stepper;
  readonly batches: BatchThread;
  readonly hooks: CourseHooks;
  readonly steps: number;
  readonly epoch: number;
}

/** The mean loss over its posts; NaN where it, or a weight, is no number any more; undefined where it was broken off. */
async function trainEpoch(
  { train, batch, learningRate, epochs }: Course,
  { stepper, batches, hooks, steps, epoch }: EpochWork,
): Promise<number | undefined> {
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    if (hooks.signal?.aborted) return undefined;
    const posts = Math.min(batch, train.count - step * batch);
    sum += posts * (await stepper.step(await batches.next(), learningRate));
    hooks.onStep(epoch * steps + step + 1, epochs * steps);
  }
  const isSound = Number.isFinite(sum) && stepper.state.weight.every(Number.isFinite);
  return isSound ? sum / train.count : Number.NaN;
}

/** On the validation split. */
async function lookAt(
  { shape, scale, loss, validation, targetScale, seed, threads }: Course,
  stepper: Stepper,
  { onSeen }: CourseHooks,
): Promise<Pick<Look, 'validationLoss' | 'figures'>> {
  const images = openImages(validation.imagesPath, validation.count, shape.imagePx);
  try {
    const network = { shape, weights: stepper.state.weight, ...targetScale };
    const predicted = await predictions(network, scale, images, { threads, onSeen });
    const inUnits = (values: Float64Array): Float64Array =>
      values.map((value) => (value - targetScale.base) / targetScale.factor);
    return {
      validationLoss: meanLoss(loss, inUnits(predicted), inUnits(validation.targets)),
      figures: figuresOf(validation, predicted, seed),
    };
  } finally {
    images.close();
  }
}
