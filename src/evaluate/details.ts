import { type CalibrationBin, calibration } from '../metrics/calibration.ts';
import { type AboveThreshold, aboveThreshold, type RocPoint, rocCurve } from '../metrics/classification.ts';
import { type RankingAccuracy, rankingAccuracy } from '../metrics/ranking-accuracy.ts';
import { errorsByRange, type RangeErrors } from '../metrics/value-errors.ts';
import { type Label, transformCount } from '../samples/label.ts';
import type { PairView, ValueView } from './measures.ts';

/** What is told of a head beside its figures. */
export interface Details {
  /** Predictions, least first, and what is true there. */
  readonly calibration: readonly CalibrationBin[];
  /** What those predictions are: scores as they are, chances, or by how much two scores differ. */
  readonly calibrationOf: 'scores' | 'chances' | 'differences';
  /** Of likes, where scores can be brought back to them: the same in likes. */
  readonly calibrationInLikes: readonly CalibrationBin[];
  /** Where good is told from bad. */
  readonly roc: readonly RocPoint[];
  /** Where a threshold is asked for. */
  readonly aboveThreshold: AboveThreshold | null;
  readonly ranking: readonly RankingAccuracy[];
  /** Errors in the unit of scores by ranges of the truth in that unit. */
  readonly ranges: readonly RangeErrors[];
  readonly rangesInLikes: readonly RangeErrors[];
}

const MOST_BINS = 10;
const LEAST_IN_BIN = 5;
const RANKED_AT = [2, 5, 10] as const;

/** What the details of single samples are asked with. */
export interface DetailOptions {
  readonly scoreThreshold: number | undefined;
  /** Edges of ranges, in the unit of the truth. */
  readonly ranges: readonly number[];
  readonly label: Label | undefined;
  readonly tieBreakers: Uint32Array;
  readonly random: () => number;
  /** Ratings and likes are ranked; of keep there are only two. */
  readonly isRanked: boolean;
}

/** The details of a head on single samples. */
export function valueDetails(view: ValueView, options: DetailOptions): Details {
  const { scores, ranks, truth, isGood, inUnit, inLikes, logits } = view;
  const { scoreThreshold, ranges, label, tieBreakers, random, isRanked } = options;
  const edges = inLikes && label ? ranges.map((edge) => transformCount(label.transform, edge)) : ranges;
  const hasThreshold = isGood !== undefined && scoreThreshold !== undefined;
  return {
    calibration: calibration(scores, inUnit?.truth ?? truth, binsFor(scores.length)),
    calibrationOf: logits ? 'chances' : 'scores',
    calibrationInLikes: inLikes ? calibrationOfCounts(inLikes) : [],
    roc: isGood ? rocCurve(scores, ranks, isGood) : [],
    aboveThreshold: hasThreshold ? aboveThreshold(scores, isGood, scoreThreshold) : null,
    ranking: isRanked
      ? RANKED_AT.map((k) => rankingAccuracy({ truth, predicted: scores, tieBreakers }, k, random))
      : [],
    ranges: inUnit ? errorsByRange(inUnit.predicted, inUnit.truth, edges) : [],
    rangesInLikes: inLikes ? errorsByRange(inLikes.predicted, inLikes.truth, ranges) : [],
  };
}

/** The details of a head on pairs: how often the side of the higher score won, by how much higher it is. */
export function pairDetails({ differences, targets, logits }: PairView): Details {
  const won = targets.map((target, i) => (1 + Math.sign(target - 0.5) * (differences[i]! < 0 ? -1 : 1)) / 2);
  const sizes = (logits ?? differences).map(Math.abs);
  const predicted = logits ? sizes.map((logit) => 1 / (1 + Math.exp(-logit))) : sizes;
  return {
    calibration: calibration(predicted, won, binsFor(won.length)),
    calibrationOf: logits ? 'chances' : 'differences',
    calibrationInLikes: [],
    ...{ roc: [], aboveThreshold: null, ranking: [], ranges: [], rangesInLikes: [] },
  };
}

/** Of scores that have a number of likes. */
function calibrationOfCounts({ predicted, truth }: NonNullable<ValueView['inLikes']>): CalibrationBin[] {
  const known = [...predicted.keys()].filter((i) => !Number.isNaN(predicted[i]!));
  const [given, said] = [predicted, truth].map((values) => Float64Array.from(known, (i) => values[i]!));
  return calibration(given!, said!, binsFor(known.length));
}

function binsFor(count: number): number {
  return Math.min(MOST_BINS, Math.max(1, Math.floor(count / LEAST_IN_BIN)));
}
