import type { SampleName } from '../feedback/answer.ts';
import { calibration } from '../metrics/calibration.ts';
import type {
  Calibration,
  CalibrationPoint,
  ShownLesson,
  ShownSample,
  TrainPageData,
  TriedPenalties,
} from '../report/train-page-data.ts';
import { lossOf, sigmoid } from './logistic.ts';
import type { Material } from './material.ts';
import { mean } from './measures.ts';
import type { TrainOptions } from './options.ts';
import type { PageFacts, ShownPicture } from './page-facts.ts';
import type { TrainingRecord } from './record.ts';
import type { Lesson, MadeHead } from './result.ts';

interface Trained {
  readonly options: TrainOptions;
  readonly record: TrainingRecord;
  readonly made: MadeHead;
  readonly material: Material;
}

const MOST_SHOWN = 12;
const MOST_BINS = 10;
const LEAST_IN_BIN = 5;
const Z_95 = 1.959963984540054;
const HASH = /^-?\d+$/;

/** What a sample is called, by its id: `key:` and its key, or its hash. */
function sampleOf(id: string): SampleName {
  return HASH.test(id) ? { hash: id } : { key: id.slice('key:'.length) };
}

/** What the page of a training shows; pictures are asked for of the samples that it shows alone. */
export async function trainingPage(trained: Trained, facts: PageFacts): Promise<TrainPageData> {
  const { options, record, made, material } = trained;
  const isValues = material.mode === 'rating' || material.mode === 'likes';
  const errorOf = ({ predicted, target }: Lesson): number =>
    isValues ? Math.abs(predicted - target) : lossOf(predicted, target);
  const order = made.lessons.toSorted((a, b) => errorOf(b) - errorOf(a));
  const most = Math.min(MOST_SHOWN, Math.floor(order.length / 2));
  const [worst, best] = [order.slice(0, most), order.slice(order.length - most).reverse()];
  const ids = new Set(
    [...worst, ...best].flatMap(({ rows }) => rows.map((row) => material.embeddings.ids[row]!)),
  );
  const pictures = (await facts.picturesOf?.([...ids].map(sampleOf))) ?? new Map<string, ShownPicture>();
  const shown = (lessons: readonly Lesson[]): ShownLesson[] =>
    lessons.map((lesson) => ({
      samples: lesson.rows.map((row) => shownSample(material.embeddings.ids[row]!, pictures)),
      ...wordsOf(lesson, { material, error: errorOf(lesson) }),
    }));
  return {
    ...{ question: options.question, method: options.method },
    figures: figuresOf(trained),
    curves: made.curves.map((points, member) => ({
      points: points.map(({ step, trainingLoss, validationLoss }) => ({
        ...{ step, training: trainingLoss, heldOut: validationLoss },
      })),
      keptStep: (made.facts['steps_kept'] as readonly number[])[member]!,
    })),
    ratios: ratioLines(made),
    penalties: penaltiesOf(made),
    calibration: calibrationOf(made.lessons, material),
    ...{ worst: shown(worst), best: shown(best), measures: made.measures },
    facts: factsOf(record),
    ...{ command: facts.command, bowerbirdVersion: facts.bowerbirdVersion },
  };
}

function shownSample(id: string, pictures: ReadonlyMap<string, ShownPicture>): ShownSample {
  const picture = pictures.get(id);
  return {
    name: id.replace(/^key:/, ''),
    caption: picture?.caption ?? null,
    webpBase64: picture ? Buffer.from(picture.webp).toString('base64') : null,
  };
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** What was said and what the head gives, in words. */
function wordsOf(
  { predicted, target, rows }: Lesson,
  { material, error }: { material: Material; error: number },
): Omit<ShownLesson, 'samples'> {
  const percent = (logit: number): string => `${Math.round(100 * sigmoid(logit))} %`;
  if (rows.length === 2) {
    const side = target === 0.5 ? 'Neither' : target > 0.5 ? 'Left' : 'Right';
    const sure = `${percent(Math.abs(predicted))} for ${predicted >= 0 ? 'left' : 'right'}`;
    return { said: `${side} is better`, predicted: `head: ${sure}`, error: `log loss ${round(error)}` };
  }
  if (material.mode === 'keep')
    return {
      said: target >= 0.5 ? 'Keep' : 'Leave',
      predicted: `head: ${percent(predicted)} keep`,
      error: `log loss ${round(error)}`,
    };
  const unit = material.mode === 'likes' ? ', transformed' : '';
  return {
    said: round(target),
    predicted: `head: ${round(predicted)}`,
    error: `off by ${round(error)}${unit}`,
  };
}

function figuresOf({ made, material }: Trained): TrainPageData['figures'] {
  const { training, held_out: heldOut } = made.measures;
  const [name, field] = heldOut && 'accuracy' in heldOut ? ['Right', 'accuracy'] : ['Error', 'rmse'];
  const value = (of: Readonly<Record<string, number | null>> | undefined): string => {
    const found = of?.[field];
    if (found === null || found === undefined) return '\u2013';
    return field === 'accuracy' ? `${(100 * found).toFixed(1)}%` : round(found);
  };
  return [
    {
      name: `${name}, held out`,
      value: value(heldOut),
      note: `of ${heldOut?.['count'] ?? 0} answers that had no part`,
    },
    { name: `${name}, training`, value: value(training), note: `of ${training?.['count'] ?? 0} answers` },
    {
      name: 'Answers',
      value: String(material.counts.answers),
      note: `about ${material.counts.samples} samples`,
    },
  ];
}

const RATIO_UNITS = [
  ['in the unit of scores', 'ofScores'],
  ['in likes', 'ofLikes'],
] as const;

/** The mean of the networks at each step that all were looked at. */
function ratioLines({ curves }: MadeHead): TrainPageData['ratios'] {
  const steps = curves[0]?.map(({ step }) => step) ?? [];
  return RATIO_UNITS.flatMap(([name, unit]) => {
    const points = steps.flatMap((x, look) => {
      const ratios = curves.map((curve) => curve[look]?.ratios?.[unit] ?? null).filter((one) => one !== null);
      return ratios.length < curves.length ? [] : [{ x, y: mean(ratios) }];
    });
    return points.length < 2 ? [] : [{ name, points }];
  });
}

function penaltiesOf({ facts }: MadeHead): TriedPenalties | null {
  const {
    penalty: chosen,
    cross_validation: folds,
    penalties_tried: tried,
  } = facts as {
    penalty?: number;
    cross_validation?: readonly { penalty: number; rmse: number }[];
    penalties_tried?: readonly { penalty: number; log_loss: number }[];
  };
  // Nothing was tried where one was given to a logistic fit, or where samples are too few.
  if (chosen === undefined || (folds ?? tried ?? []).length === 0) return null;
  if (folds)
    return { measure: 'rmse', tried: folds.map(({ penalty, rmse }) => ({ penalty, error: rmse })), chosen };
  return {
    measure: 'log loss',
    tried: (tried ?? []).map(({ penalty, log_loss }) => ({ penalty, error: log_loss })),
    chosen,
  };
}

/** Of pairs, how sure the head was of the side that it favours, and how often that was the better one. */
function calibrationOf(lessons: readonly Lesson[], { mode }: Material): Calibration | null {
  if (lessons.length === 0) return null;
  const bins = Math.max(1, Math.min(MOST_BINS, Math.floor(lessons.length / LEAST_IN_BIN)));
  const sided = (target: number): number => (1 + Math.sign(target - 0.5)) / 2;
  const points = lessons.map(({ predicted, target }): [number, number] => {
    if (mode === 'pair')
      return [sigmoid(Math.abs(predicted)), predicted >= 0 ? sided(target) : 1 - sided(target)];
    return mode === 'keep' ? [sigmoid(predicted), target] : [predicted, target];
  });
  const [given, truths] = [0, 1].map((side) => Float64Array.from(points, (point) => point[side]!));
  return {
    ...CALIBRATION_WORDS[mode === 'likes' ? 'rating' : mode],
    points: calibration(given!, truths!, bins).map((bin) =>
      mode === 'pair' || mode === 'keep' ? ofShare(bin) : bin,
    ),
  };
}

/** The 95 % interval of a share (Wilson 1927), which has a width where all answers are the same, too. */
function ofShare(bin: CalibrationPoint): CalibrationPoint {
  const { count, truth } = bin;
  const square = Z_95 ** 2;
  const middle = (truth + square / (2 * count)) / (1 + square / count);
  const reach =
    (Z_95 * Math.sqrt((truth * (1 - truth)) / count + square / (4 * count ** 2))) / (1 + square / count);
  return { ...bin, low: middle - reach, high: middle + reach };
}

const CALIBRATION_WORDS = {
  pair: {
    xLabel: 'chance that the head gives its favourite',
    yLabel: 'share that it won',
    lead: 'Held-out pairs in groups of like chances. On the dashed line the head is right as often as it says.',
  },
  keep: {
    xLabel: 'chance that the head gives',
    yLabel: 'share that was kept',
    lead: 'Held-out answers in groups of like chances. On the dashed line as many were kept as the head says.',
  },
  rating: {
    xLabel: 'prediction',
    yLabel: 'mean answer',
    lead: 'Held-out answers in groups of like predictions. On the dashed line the mean answer is the prediction.',
  },
} as const;

/** Of the record what fits a line: lists and digests of everything stay there. */
function factsOf(record: TrainingRecord): [string, string][] {
  const { curves: _curves, measures: _measures, format: _format, version: _version, ...rest } = record;
  return Object.entries(rest).flatMap(([name, value]): [string, string][] => {
    if (value === null || Array.isArray(value)) return [];
    if (typeof value !== 'object') return [[name.replaceAll('_', ' '), String(value)]];
    return Object.entries(value as Record<string, unknown>).map(([inner, each]) => [
      `${name}, ${inner}`.replaceAll('_', ' '),
      String(each),
    ]);
  });
}
