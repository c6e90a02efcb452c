import type { TrainProgress } from '../learn/options.ts';
import { type CalibrationBin, calibration } from '../metrics/calibration.ts';
import { errorsByRange, valueErrors } from '../metrics/value-errors.ts';
import { countOf, type Label } from '../samples/label.ts';
import { fitOnPixels, userMeans } from './baselines.ts';
import { type Dataset, type DatasetSplit, openImages } from './dataset.ts';
import type { TrainedNetwork } from './inference-graph.ts';
import { CHANCE, type Figures, figuresOf } from './looks.ts';
import { type PredictionRun, predictions } from './predictor.ts';
import type { PixelScale } from './training-graph.ts';

/** Posts of the training split that its figures are of, at most. */
const MOST_OF_TRAINING = 10_000;
const MOST_BINS = 10;
const LEAST_IN_BIN = 5;
/** Ranges of likes that errors are told by. */
const LIKES_EDGES = [200, 20_000];

/** What a network is held against, and what came of it. */
export interface Judgement {
  /** By splits and baselines, in the unit of the targets; and where that is a transform, errors on the test split brought back to labels. */
  readonly measures: Readonly<Record<string, Figures>>;
  readonly linear: { readonly pictures: number; readonly rounds: number };
  readonly calibration: readonly CalibrationBin[];
  /** The split that is shown: test, or where that is empty validation; float64 by post what the network gives. */
  readonly shown: { readonly split: DatasetSplit; readonly predicted: Float64Array };
}

/** What is judged. */
export interface Judged {
  readonly dataset: Dataset;
  readonly network: TrainedNetwork;
  readonly scale: PixelScale;
  readonly label: Label | undefined;
  readonly seed: number;
  readonly threads: number;
}

/**
 * Figures of a network on all splits, and beside those on the test split what is had without it: a linear function of the pixels, the mean of each user, chance.
 *
 * @throws BowerbirdError BB_INPUT_FORMAT where pictures cannot be read any more
 */
export async function judge(judged: Judged, progress: TrainProgress): Promise<Judgement> {
  const onSeen: PredictionRun['onSeen'] = (done, total) =>
    progress.advance('looking at pictures', done, total, 'pictures');
  const { dataset, seed, label } = judged;
  const { train, validation, test } = dataset.splits;
  const asked = test.count > 0 ? test : validation;
  const name = test.count > 0 ? 'test' : 'validation';
  const predicted = await predictedOf(judged, asked, onSeen);
  const linear = await fitOnPixels({ train, validation }, dataset.imagePx, {
    advance: (done, total) => progress.advance('linear regression on pixels', done, total, 'rounds'),
  });
  const users = userMeans(train, asked);
  const measures = {
    training: await figuresOfSome(judged, train, onSeen),
    ...(test.count > 0 && {
      validation: figuresOf(validation, await predictedOf(judged, validation, onSeen), seed),
    }),
    [name]: figuresOf(asked, predicted, seed),
    [`${name}, linear on pixels`]: figuresOf(asked, linear.predict(asked), seed),
    ...(users && { [`${name}, mean of the user`]: figuresOf(asked, users, seed) }),
    [`${name}, chance`]: CHANCE,
    ...(label && errorsInLabels(name, label, asked, predicted)),
  };
  const bins = Math.max(1, Math.min(MOST_BINS, Math.floor(asked.count / LEAST_IN_BIN)));
  return {
    measures,
    linear: { pictures: linear.pictures, rounds: linear.rounds },
    calibration: calibration(predicted, asked.targets, bins),
    shown: { split: asked, predicted },
  };
}

async function predictedOf(
  { dataset, network, scale, threads }: Judged,
  split: DatasetSplit,
  onSeen: PredictionRun['onSeen'],
  count: number = split.count,
): Promise<Float64Array> {
  const images = openImages(split.imagesPath, split.count, dataset.imagePx);
  try {
    return await predictions(network, scale, { ...images, count }, { threads, onSeen });
  } finally {
    images.close();
  }
}

async function figuresOfSome(
  judged: Judged,
  split: DatasetSplit,
  onSeen: PredictionRun['onSeen'],
): Promise<Figures> {
  const count = Math.min(split.count, MOST_OF_TRAINING);
  const seen = { targets: split.targets.subarray(0, count), ids: split.ids.slice(0, count) };
  return figuresOf(seen, await predictedOf(judged, split, onSeen, count), judged.seed);
}

/** A prediction that no number of likes has is taken for none. */
function errorsInLabels(
  name: string,
  { transform, unit }: Label,
  { labels }: DatasetSplit,
  predicted: Float64Array,
): Judgement['measures'] {
  const counts = predicted.map((value) => countOf(transform, value));
  const isKnown = (_: number, i: number): boolean => !Number.isNaN(counts[i]!);
  const [given, truths] = [counts.filter(isKnown), labels.filter(isKnown)];
  const ranges = unit === 'likes' ? errorsByRange(given, truths, LIKES_EDGES) : [];
  const rows = [
    ['', valueErrors(given, truths)] as const,
    ...ranges.map(({ from, to, errors }) => [`, ${rangeWords(from, to)}`, errors] as const),
  ];
  return Object.fromEntries(
    rows.map(([range, errors]) => [`${name}, in ${unit}${range}`, errors ? { ...errors } : { count: 0 }]),
  );
}

function rangeWords(from: number | null, to: number | null): string {
  if (from === null) return `below ${to}`;
  return to === null ? `above ${from}` : `${from} to ${to}`;
}
