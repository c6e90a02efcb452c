import { BowerbirdError } from '../base/errors.ts';
import { linearHeadFile } from './head-writing.ts';
import { leaveOneOutErrors } from './leave-one-out.ts';
import { fitLogistic, logitsOf, logLoss } from './logistic.ts';
import type { Material, RowValue } from './material.ts';
import { chanceMeasures, type Measures, mean, valueMeasures } from './measures.ts';
import { type Centre, centreOf, MomentMaker, type Moments, type Observations, together } from './moments.ts';
import type { TrainOptions, TrainProgress } from './options.ts';
import { headStatement, type Lesson, type MadeHead } from './result.ts';
import {
  bestPenalty,
  crossValidate,
  filledOf,
  fitRidge,
  type Linear,
  type PenaltyError,
  type RidgeFit,
} from './ridge.ts';

const FOLDS = 5;
/** Tried where no penalty is given: five for each factor of ten squared. */
const PENALTIES = [-3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3].map((exponent) => 10 ** exponent);
/** Taken where none is given and none can be tried. */
const USUAL_PENALTY = 1;
const LOGISTIC_PENALTIES = [30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01];

/** A ridge head. @throws BowerbirdError BB_INPUT_EMPTY where too few values are not held out; the signal's reason where nothing was tried yet */
export async function trainRidge(
  options: TrainOptions,
  material: Material,
  progress: TrainProgress,
): Promise<MadeHead> {
  const { training, held } = partsOf(material);
  const centre = centreOf(training);
  const folds = await momentsOfFolds(training, centre, { material, progress });
  const errors = await tryPenalties(folds, centre, { options, progress });
  const penalty = options.penalty ?? (errors.length === 0 ? untriedPenalty(progress) : bestPenalty(errors));
  const fit = fitRidge(together(folds), centre, penalty);
  return {
    file: linearHeadFile(fit, headStatement(options, material)),
    lessons: lessonsOf(held, logitsOf(held, fit)),
    facts: {
      loss: 'mse',
      penalty,
      penalty_rule: penaltyRule(options, errors.length),
      cross_validation: errors.map((error) => ({
        penalty: error.penalty,
        rmse: Math.sqrt(error.meanSquaredError),
      })),
      folds: FOLDS,
    },
    measures: {
      training: valueMeasures({ predicted: logitsOf(training, fit), targets: training.targets }),
      leave_one_out: await leaveOneOutMeasures(fit, training, progress),
      held_out: valueMeasures({ predicted: logitsOf(held, fit), targets: held.targets }),
    },
    curves: [],
  };
}

async function momentsOfFolds(
  training: Part,
  centre: Centre,
  { material, progress }: { material: Material; progress: TrainProgress },
): Promise<Moments[]> {
  const foldOf = (row: number): number => material.places[training.rowNumbers[row]!]!.fold % FOLDS;
  const maker = await MomentMaker.open();
  try {
    const folds: Moments[] = [];
    for (let fold = 0; fold < FOLDS; fold++) {
      progress.advance('adding up', fold, FOLDS, 'folds');
      progress.signal?.throwIfAborted();
      folds.push(await maker.make(training, centre, (row) => foldOf(row) === fold));
    }
    return folds;
  } finally {
    await maker.close();
  }
}

/** The errors of each penalty; where the signal aborts, of those that were tried by then. */
async function tryPenalties(
  folds: readonly Moments[],
  centre: Centre,
  { options, progress }: { options: TrainOptions; progress: TrainProgress },
): Promise<PenaltyError[]> {
  if (filledOf(folds).length < 2) return [];
  const penalties = options.penalty === undefined ? PENALTIES : [options.penalty];
  const errors: PenaltyError[] = [];
  for (const penalty of penalties) {
    progress.advance('cross-validating', errors.length, penalties.length, 'penalties');
    await turn();
    if (endsHere(progress, errors.length)) break;
    errors.push(...crossValidate(folds, centre, [penalty]));
  }
  return errors;
}

/** Not measured where the signal has aborted. */
async function leaveOneOutMeasures(
  fit: RidgeFit,
  training: Part,
  { advance, signal }: TrainProgress,
): Promise<Measures> {
  try {
    const leftOut = await leaveOneOutErrors(fit, training, (done) => {
      advance('leaving one out', done, training.targets.length, 'rows');
      signal?.throwIfAborted();
    });
    return { rmse: Math.sqrt(mean(leftOut.map((error) => error * error))) };
  } catch (thrown) {
    if (!signal?.aborted || thrown !== signal.reason) throw thrown;
    return { rmse: null };
  }
}

/** A logistic head. @throws BowerbirdError BB_INPUT_EMPTY where all answers are the same; the signal's reason where nothing was tried yet */
export async function trainLogistic(
  options: TrainOptions,
  material: Material,
  progress: TrainProgress,
): Promise<MadeHead> {
  const { training, held } = partsOf(material);
  if (new Set(training.targets).size < 2) throw oneSided(options);
  const maker = await MomentMaker.open();
  try {
    const isInner = (row: number): boolean => material.places[training.rowNumbers[row]!]!.fold % FOLDS === 0;
    const inner = {
      ...training,
      weights: training.weights.map((weight, row) => (isInner(row) ? 0 : weight)),
    };
    const tried: { penalty: number; log_loss: number }[] = [];
    let start: Linear | undefined;
    const penalties = options.penalty === undefined && canTry(training, isInner) ? LOGISTIC_PENALTIES : [];
    for (const penalty of penalties) {
      progress.advance('trying penalties', tried.length, penalties.length, 'penalties');
      if (endsHere(progress, tried.length)) break;
      start = await fitLogistic(inner, penalty, maker, start);
      tried.push({ penalty, log_loss: logLoss(training, start, isInner) });
    }
    const penalty = options.penalty ?? (tried.length === 0 ? untriedPenalty(progress) : bestOf(tried));
    const fit = await fitLogistic(training, penalty, maker, start);
    return {
      file: linearHeadFile(fit, { ...headStatement(options, material), isProbability: true }),
      lessons: lessonsOf(held, logitsOf(held, fit)),
      facts: { penalty, penalty_rule: penaltyRule(options, tried.length), penalties_tried: tried },
      measures: {
        training: chanceMeasures({ predicted: logitsOf(training, fit), targets: training.targets }),
        held_out: chanceMeasures({ predicted: logitsOf(held, fit), targets: held.targets }),
      },
      curves: [],
    };
  } finally {
    await maker.close();
  }
}

/** Whether what was tried so far is to do. @throws the signal's reason where nothing was */
function endsHere({ signal }: TrainProgress, tried: number): boolean {
  if (tried === 0) signal?.throwIfAborted();
  return signal?.aborted === true;
}

/** Observations with the rows of the embeddings that they are of. */
interface Part extends Observations {
  readonly rowNumbers: Int32Array;
}

function partsOf({ values, places, embeddings }: Material): { training: Part; held: Part } {
  const training = values.filter(({ row }) => !places[row]!.isHeldOut);
  if (training.length < 2)
    throw new BowerbirdError(
      'BB_INPUT_EMPTY',
      `Only ${training.length} samples are there to learn from, and at least 2 are needed. Rate some more.`,
    );
  const part = (chosen: readonly RowValue[]): Part => partOf(chosen, embeddings.rows, embeddings.dimension);
  return { training: part(training), held: part(values.filter(({ row }) => places[row]!.isHeldOut)) };
}

function partOf(chosen: readonly RowValue[], all: Float32Array, dimension: number): Part {
  const rows = new Float32Array(chosen.length * dimension);
  for (const [i, { row }] of chosen.entries())
    rows.set(all.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  return {
    ...{ dimension, rows },
    targets: Float64Array.from(chosen, ({ value }) => value),
    weights: Float64Array.from(chosen, ({ weight }) => weight),
    rowNumbers: Int32Array.from(chosen, ({ row }) => row),
  };
}

function lessonsOf({ rowNumbers, targets }: Part, predicted: Float64Array): Lesson[] {
  return Array.from(rowNumbers, (row, i) => ({ rows: [row], predicted: predicted[i]!, target: targets[i]! }));
}

function bestOf(tried: readonly { penalty: number; log_loss: number }[]): number {
  return tried.reduce((best, one) => (one.log_loss < best.log_loss ? one : best)).penalty;
}

/** Whether there is something to try a fit on, and of both sides something to fit to. */
function canTry({ targets }: Part, isInner: (row: number) => boolean): boolean {
  const learned = targets.filter((_, row) => !isInner(row));
  return learned.length < targets.length && new Set(learned).size === 2;
}

/** Few samples may all fall into one fold. */
function untriedPenalty({ note }: TrainProgress): number {
  note(
    `The samples are so few that no penalty can be tried on some of them and fitted to the others: ${USUAL_PENALTY} is taken. Give another with --penalty, or answer some more.`,
  );
  return USUAL_PENALTY;
}

function penaltyRule({ penalty }: TrainOptions, tried: number): string {
  if (penalty !== undefined) return 'given by hand';
  return tried === 0 ? 'the usual one: too few samples to try others' : 'lowest error on samples left out';
}

function oneSided({ question }: TrainOptions): BowerbirdError {
  return new BowerbirdError(
    'BB_INPUT_EMPTY',
    `All answers to ${question} that are learned from say the same, so there is nothing to tell apart. Answer some more, or change --threshold.`,
    { fields: { question } },
  );
}

/** Lets signals in. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
