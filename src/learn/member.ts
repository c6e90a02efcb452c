import { countOf, type LabelTransform } from '../samples/label.ts';
import type { AdamOptions, LayerOperations } from './layer-operations.ts';
import { type Lessons, lossAndSlope, type ScoreScale, type ValueLoss } from './lessons.ts';
import { ratioOf } from './measures.ts';
import { Network, type NetworkWeights } from './network.ts';
import { type RandomBits, shuffled } from './random.ts';

/** How a member is trained. */
export interface MemberOptions extends AdamOptions {
  readonly hidden: number;
  /** The share of inputs that are left out of each training row, others scaled up; from 0 on, below 1. */
  readonly dropout: number;
  /** Pairs or rows per step. */
  readonly batch: number;
  readonly epochs: number;
  readonly evaluateEvery: number;
  /** The step that it is kept at, and that it ends at; not given, the best on what is held out. */
  readonly keepStep?: number | undefined;
  readonly seed: number;
  readonly valueLoss: ValueLoss;
}

/** What all members learn from; the same memory for all threads. */
export interface Course {
  readonly dimension: number;
  /** float32(count x dimension) */
  readonly rows: Float32Array;
  readonly training: Lessons;
  /** Held out. */
  readonly validation: Lessons;
  /** Of values: what brings them to the unit of scores, and these to likes. */
  readonly unit?: { readonly scale: ScoreScale; readonly transform?: LabelTransform | undefined };
  /** Held out too, but chosen to be asked: looked at, and no reason to keep a step. */
  readonly chosen?: Lessons;
}

/** A look at a member on its way. */
export interface Evaluation {
  readonly step: number;
  /** The mean loss of the steps since the last look, dropout included; null before the first step. */
  readonly trainingLoss: number | null;
  /** The mean loss on what is held out; null where nothing is. */
  readonly validationLoss: number | null;
  /** The same on `Course.chosen`, where that is there. */
  readonly chosenLoss?: number | null;
  /** Of values in a known unit: the sum of predictions over that of what is true, on what is held out; null where nothing is. */
  readonly ratios?: {
    readonly ofScores: number | null;
    /** Both brought back to likes; null of other values, too. */
    readonly ofLikes: number | null;
  };
}

/** A member as it was kept. */
export interface TrainedMember {
  readonly weights: NetworkWeights;
  /** The step that it is of. */
  readonly step: number;
  readonly curve: readonly Evaluation[];
}

/** How a validation loss counts beside those before it: smoothed = old + SMOOTHING (new - old). */
const SMOOTHING = 0.3;
/** Rows that are scored at a time. */
const BLOCK_ROWS = 64;

export function stepsOf(
  { training }: Course,
  { batch, epochs }: Pick<MemberOptions, 'batch' | 'epochs'>,
): number {
  return epochs * Math.ceil(training.first.length / batch);
}

/**
 * Trains one member: its start, its order in each epoch and what it drops come from the seed and its number alone. Kept is what it was when the
 * smoothed loss on held-out answers was lowest, or, where nothing is held out, at the end.
 *
 * @param onLook called at each evaluation, with what gives the weights as they are; false ends the training there
 */
export async function trainMember(
  course: Course,
  options: MemberOptions,
  number: number,
  run: {
    readonly makeOperations: (lengths: readonly number[]) => LayerOperations;
    readonly onLook: (evaluation: Evaluation, weights: () => NetworkWeights) => boolean | Promise<boolean>;
  },
): Promise<TrainedMember> {
  const member = new Member(course, options, number, run.makeOperations);
  let smoothed: number | undefined;
  let best: { weights: NetworkWeights; step: number; loss: number } | undefined;
  const curve: Evaluation[] = [];
  const look = async (): Promise<boolean> => {
    const evaluation = member.evaluate();
    curve.push(evaluation);
    const { validationLoss, step } = evaluation;
    if (validationLoss !== null && options.keepStep === undefined) {
      smoothed = smoothed === undefined ? validationLoss : smoothed + SMOOTHING * (validationLoss - smoothed);
      if (!best || smoothed < best.loss) best = { weights: member.weights, step, loss: smoothed };
    }
    return run.onLook(evaluation, () => member.weights);
  };
  let goesOn = await look();
  while (goesOn && member.step()) {
    if (member.steps % options.evaluateEvery === 0 || member.isDone) goesOn = await look();
  }
  const kept = best ?? { weights: member.weights, step: member.steps };
  return { weights: kept.weights, step: kept.step, curve };
}

/** A network on its way through the course. */
class Member {
  steps = 0;
  readonly #course: Course;
  readonly #options: MemberOptions;
  readonly #network: Network;
  readonly #bits: RandomBits;
  readonly #total: number;
  #order = new Int32Array(0);
  #at = 0;
  #lossSum = 0;
  #lossCount = 0;

  constructor(
    course: Course,
    options: MemberOptions,
    number: number,
    makeOperations: (lengths: readonly number[]) => LayerOperations,
  ) {
    this.#course = course;
    this.#options = options;
    this.#total = Math.min(stepsOf(course, options), options.keepStep ?? Number.POSITIVE_INFINITY);
    const capacity = Math.max(2 * options.batch, BLOCK_ROWS);
    this.#network = new Network(
      { dimension: course.dimension, hidden: options.hidden, capacity },
      makeOperations,
    );
    this.#bits = this.#network.startDraws(`bowerbird member ${options.seed} ${number}`);
    this.#network.initialise(this.#bits);
  }

  get weights(): NetworkWeights {
    return this.#network.weights;
  }

  get isDone(): boolean {
    return this.steps >= this.#total;
  }

  /** False where the course has ended. */
  step(): boolean {
    if (this.isDone) return false;
    const { training } = this.#course;
    const { batch, dropout } = this.#options;
    if (this.#at >= this.#order.length) {
      this.#order = shuffled(training.first.length, this.#bits);
      this.#at = 0;
    }
    const lessons = this.#order.subarray(this.#at, this.#at + batch);
    this.#at += batch;
    const sides = training.kind === 'pairs' ? [training.first, training.second] : [training.first];
    const count = lessons.length * sides.length;
    for (const [i, lesson] of lessons.entries())
      for (const [side, rows] of sides.entries()) this.#put(rows[lesson]!, i * sides.length + side, dropout);
    const even = this.#clearTo(count);
    this.#network.forward(even);
    this.#setDeltas(lessons, sides.length);
    this.#network.scoreDeltas.fill(0, count, even);
    this.#network.step(even, this.#options);
    this.steps++;
    return true;
  }

  evaluate(): Evaluation {
    const trainingLoss = this.#lossCount > 0 ? this.#lossSum / this.#lossCount : null;
    this.#lossSum = 0;
    this.#lossCount = 0;
    const { validation, chosen, unit } = this.#course;
    const found = this.#predictionsOf(validation);
    return {
      ...{ step: this.steps, trainingLoss, validationLoss: this.#meanLoss(validation, found) },
      ...(chosen && { chosenLoss: this.#meanLoss(chosen, this.#predictionsOf(chosen)) }),
      ...(unit && { ratios: ratiosOf(found, validation.targets, unit) }),
    };
  }

  #setDeltas(lessons: Int32Array, sides: number): void {
    const { scores, scoreDeltas } = this.#network;
    const { targets, weights } = this.#course.training;
    for (const [i, lesson] of lessons.entries()) {
      const at = i * sides;
      const score = sides === 2 ? scores[at]! - scores[at + 1]! : scores[at]!;
      const { loss, slope } = lossAndSlope(this.#lossKind, score, targets[lesson]!);
      const weight = weights ? weights[lesson]! : 1;
      this.#lossSum += weight * loss;
      this.#lossCount++;
      const delta = (weight * slope) / lessons.length;
      scoreDeltas[at] = delta;
      if (sides === 2) scoreDeltas[at + 1] = -delta;
    }
  }

  get #lossKind(): 'pairs' | ValueLoss {
    return this.#course.training.kind === 'pairs' ? 'pairs' : this.#options.valueLoss;
  }

  /** The score of each lesson, of pairs the difference of two. */
  #predictionsOf({ kind, first, second }: Lessons): Float64Array {
    const wanted = new Set(kind === 'pairs' ? [...first, ...second] : first);
    const scores = this.#scoresOf(Int32Array.from(wanted));
    return Float64Array.from(
      first,
      (row, i) => scores.get(row)! - (kind === 'pairs' ? scores.get(second[i]!)! : 0),
    );
  }

  #meanLoss({ targets, weights }: Lessons, predicted: Float64Array): number | null {
    if (targets.length === 0) return null;
    let [sum, total] = [0, 0];
    for (const [i, score] of predicted.entries()) {
      const weight = weights ? weights[i]! : 1;
      sum += weight * lossAndSlope(this.#lossKind, score, targets[i]!).loss;
      total += weight;
    }
    return sum / total;
  }

  #scoresOf(rows: Int32Array): Map<number, number> {
    const scores = new Map<number, number>();
    for (let from = 0; from < rows.length; from += BLOCK_ROWS) {
      const block = rows.subarray(from, from + BLOCK_ROWS);
      for (const [i, row] of block.entries()) this.#put(row, i, 0);
      this.#network.forward(this.#clearTo(block.length));
      for (const [i, row] of block.entries()) scores.set(row, this.#network.scores[i]!);
    }
    return scores;
  }

  /** Copies a row, without the share of its values that is dropped. */
  #put(row: number, place: number, dropout: number): void {
    const { dimension, rows } = this.#course;
    const from = row * dimension;
    const at = place * this.#network.paddedDimension;
    this.#network.rows.set(rows.subarray(from, from + dimension), at);
    if (dropout > 0) this.#network.drop(place, dropout);
  }

  /** Rows go two at a time: an odd last one gets a row of zeros beside it. */
  #clearTo(count: number): number {
    const even = count + (count % 2);
    const { paddedDimension, rows } = this.#network;
    rows.fill(0, count * paddedDimension, even * paddedDimension);
    return even;
  }
}

function ratiosOf(
  predicted: Float64Array,
  targets: Float64Array,
  { scale: { base, factor }, transform }: NonNullable<Course['unit']>,
): NonNullable<Evaluation['ratios']> {
  const [scores, truth] = [predicted, targets].map((values) => values.map((value) => base + factor * value));
  const inLikes = (values: Float64Array): Float64Array => values.map((value) => countOf(transform!, value));
  return {
    ofScores: ratioOf(scores!, truth!),
    ofLikes: transform === undefined ? null : ratioOf(inLikes(scores!), inLikes(truth!)),
  };
}
