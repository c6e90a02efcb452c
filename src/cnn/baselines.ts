import type { DatasetSplit } from './dataset.ts';
import { openImages } from './dataset.ts';
import { CHANNELS } from './shape.ts';

/** More pictures than this are not read for the linear baseline: their pixels lie in memory. */
const MOST_PICTURES = 20_000;
const MOST_ROUNDS = 60;
/** Rounds without a smaller error on the validation split after which it ends. */
const PATIENCE = 8;

/** A linear function of the pixels. */
export interface LinearFit {
  /** float64 by post of a split with pictures of the same size. @throws BowerbirdError BB_INPUT_FORMAT */
  predict(split: DatasetSplit): Float64Array;
  /** Pictures that it was learned from. */
  readonly pictures: number;
  /** Rounds after which it is kept. */
  readonly rounds: number;
}

/** Pixels in memory, and what is to be told from them. */
interface Pixels {
  readonly count: number;
  readonly values: Uint8Array;
  readonly width: number;
}

/** What the baseline is told on the way. */
export interface BaselineProgress {
  readonly signal?: AbortSignal | undefined;
  readonly advance: (done: number, total: number) => void;
}

/**
 * Least squares on all pixels of all colours, by conjugate gradients on the normal equations (CGLS, Hestenes and Stiefel 1952), about the means of pixels and targets. It is
 * kept as it was in the round in which its error on the validation split was least, which is also what keeps it from learning by heart where there are
 * more pixels than pictures.
 *
 * @throws BowerbirdError BB_INPUT_FORMAT; the signal's reason
 */
export async function fitOnPixels(
  { train, validation }: Readonly<Record<'train' | 'validation', DatasetSplit>>,
  imagePx: number,
  { signal, advance }: BaselineProgress,
): Promise<LinearFit> {
  const pixels = readPixels(train, imagePx);
  const held = readPixels(validation, imagePx);
  const means = columnMeans(pixels);
  const targets = train.targets.subarray(0, pixels.count);
  const middle = mean(targets);
  const fit = new LeastSquares(
    pixels,
    means,
    targets.map((target) => target - middle),
  );
  let best = { error: Number.POSITIVE_INFINITY, rounds: 0, weights: fit.weights.slice() };
  for (let round = 0; round <= MOST_ROUNDS && round - best.rounds <= PATIENCE; round++) {
    if (round > 0 && !fit.advance()) break;
    const predicted = product(held, means, fit.weights);
    const error = predicted.reduce(
      (sum, value, i) => sum + (value + middle - validation.targets[i]!) ** 2,
      0,
    );
    if (error < best.error) best = { error, rounds: round, weights: fit.weights.slice() };
    advance(round, MOST_ROUNDS);
    // A signal is heard between rounds.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
  return {
    predict: (split) =>
      product(readPixels(split, imagePx), means, best.weights).map((value) => value + middle),
    ...{ pictures: pixels.count, rounds: best.rounds },
  };
}

/** The mean of each user's targets, and for users who are not known that of all. */
export function userMeans(train: DatasetSplit, asked: DatasetSplit): Float64Array | undefined {
  if (!train.users || !asked.users) return undefined;
  const sums = new Map<string, { sum: number; count: number }>();
  for (const [i, user] of train.users.entries()) {
    const own = sums.get(user) ?? { sum: 0, count: 0 };
    sums.set(user, { sum: own.sum + train.targets[i]!, count: own.count + 1 });
  }
  const all = mean(train.targets);
  return Float64Array.from(asked.users, (user) => {
    const own = sums.get(user);
    return own ? own.sum / own.count : all;
  });
}

/** The fit on its way: weights w, what is left of the targets, and the direction that is gone next. */
class LeastSquares {
  readonly weights: Float64Array;
  readonly #pixels: Pixels;
  readonly #means: Float64Array;
  readonly #rest: Float64Array;
  #direction: Float64Array;
  #slope: number;

  constructor(pixels: Pixels, means: Float64Array, targets: Float64Array) {
    this.#pixels = pixels;
    this.#means = means;
    this.#rest = targets;
    this.weights = new Float64Array(pixels.width);
    this.#direction = gradient(pixels, means, targets);
    this.#slope = squares(this.#direction);
  }

  /** One round; false where nothing is left to be gained. */
  advance(): boolean {
    const along = product(this.#pixels, this.#means, this.#direction);
    const length = this.#slope / squares(along);
    if (!Number.isFinite(length) || this.#slope === 0) return false;
    for (let i = 0; i < this.weights.length; i++) this.weights[i]! += length * this.#direction[i]!;
    for (let i = 0; i < along.length; i++) this.#rest[i]! -= length * along[i]!;
    const found = gradient(this.#pixels, this.#means, this.#rest);
    const slope = squares(found);
    const turn = slope / this.#slope;
    this.#slope = slope;
    this.#direction = found.map((value, i) => value + turn * this.#direction[i]!);
    return true;
  }
}

function readPixels({ imagesPath, count: all }: DatasetSplit, imagePx: number): Pixels {
  const images = openImages(imagesPath, all, imagePx);
  try {
    const count = Math.min(all, MOST_PICTURES);
    return { count, values: images.read(0, count), width: CHANNELS * imagePx ** 2 };
  } finally {
    images.close();
  }
}

function columnMeans({ count, values, width }: Pixels): Float64Array {
  const sums = new Float64Array(width);
  for (let row = 0, at = 0; row < count; row++) for (let i = 0; i < width; i++) sums[i]! += values[at++]!;
  return sums.map((sum) => sum / count);
}

/** (pixels - means) x weights, by picture. */
function product({ count, values, width }: Pixels, means: Float64Array, weights: Float64Array): Float64Array {
  const offset = means.reduce((sum, value, i) => sum + value * weights[i]!, 0);
  const found = new Float64Array(count).fill(-offset);
  for (let row = 0, at = 0; row < count; row++) {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += values[at++]! * weights[i]!;
    found[row]! += sum;
  }
  return found;
}

/** (pixels - means)' x rest, by pixel. */
function gradient({ count, values, width }: Pixels, means: Float64Array, rest: Float64Array): Float64Array {
  const total = rest.reduce((sum, value) => sum + value, 0);
  const found = means.map((value) => -value * total);
  for (let row = 0, at = 0; row < count; row++) {
    const factor = rest[row]!;
    for (let i = 0; i < width; i++) found[i]! += values[at++]! * factor;
  }
  return found;
}

function squares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
