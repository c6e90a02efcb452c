import { factorise, solveFactorised } from './cholesky.ts';
import { type Centre, type Moments, together } from './moments.ts';

/** A linear function of embeddings: weights . row + bias. */
export interface Linear {
  /** float64[dimension] */
  readonly weights: Float64Array;
  readonly bias: number;
}

/** Ridge regression that was solved, with what its leave-one-out errors need. */
export interface RidgeFit extends Linear {
  /** L of X'X + penalty I = L L', with the rows X about their mean; float64(dimension x dimension). */
  readonly factor: Float64Array;
  /** The weighted mean of the rows. */
  readonly meanRow: Float64Array;
  /** The sum of all weights. */
  readonly total: number;
}

/**
 * Ridge regression with a free bias (Hoerl and Kennard 1970): the least sum of weight (target - prediction)^2 + penalty |weights|^2. The penalty is
 * scikit-learn's `alpha`.
 *
 * @param centre what the moments are about
 * @throws RangeError where a penalty of 0 is too small for the rows
 */
export function fitRidge(moments: Moments, centre: Centre, penalty: number): RidgeFit {
  const width = Math.sqrt(moments.length);
  const dimension = width - 2;
  const at = (i: number, j: number): number => moments[i * width + j]!;
  const total = at(width - 1, width - 1);
  const means = Float64Array.from({ length: dimension + 1 }, (_, j) => at(width - 1, j) / total);
  const factor = new Float64Array(dimension * dimension);
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) factor[i * dimension + j] = at(i, j) - total * means[i]! * means[j]!;
    factor[i * dimension + i]! += penalty;
  }
  factorise(factor, dimension);
  const weights = Float64Array.from(
    { length: dimension },
    (_, i) => at(i, dimension) - total * means[i]! * means[dimension]!,
  );
  solveFactorised(factor, weights);
  const meanRow = centre.row.map((value, i) => value + means[i]!);
  const product = weights.reduce((sum, weight, i) => sum + weight * meanRow[i]!, 0);
  return { weights, bias: centre.target + means[dimension]! - product, factor, meanRow, total };
}

/** The weighted sum of squared errors of a linear function on the rows that moments were made of. */
export function squaredError(moments: Moments, centre: Centre, { weights, bias }: Linear): number {
  const width = Math.sqrt(moments.length);
  const product = weights.reduce((sum, weight, i) => sum + weight * centre.row[i]!, 0);
  const residual = Float64Array.of(...weights.map((weight) => -weight), 1, centre.target - bias - product);
  let sum = 0;
  for (let i = 0; i < width; i++) {
    let row = 0;
    for (let j = 0; j < width; j++) row += moments[i * width + j]! * residual[j]!;
    sum += residual[i]! * row;
  }
  return sum;
}

/** What was found of one penalty: the weighted mean of squared errors on rows that had no part in the fit. */
export interface PenaltyError {
  readonly penalty: number;
  readonly meanSquaredError: number;
}

/**
 * k-fold cross-validation over penalties, from the moments of the folds alone: the moments of the other folds are those of all less its own.
 *
 * @param folds moments about one centre; folds without rows are passed over
 * @returns nothing where fewer than two have rows: there is nothing to fit to, or nothing to try a fit on
 */
export function crossValidate(
  folds: readonly Moments[],
  centre: Centre,
  penalties: readonly number[],
): PenaltyError[] {
  const filled = filledOf(folds);
  if (filled.length < 2) return [];
  const errors = penalties.map(() => 0);
  let total = 0;
  for (const fold of filled) {
    // Added up and not taken away from the whole, so that no digits are lost.
    const rest = together(filled.filter((other) => other !== fold));
    total += fold.at(-1)!;
    for (const [i, penalty] of penalties.entries())
      errors[i]! += squaredError(fold, centre, fitRidge(rest, centre, penalty));
  }
  return penalties.map((penalty, i) => ({ penalty, meanSquaredError: errors[i]! / total }));
}

/** Those that have rows. */
export function filledOf(folds: readonly Moments[]): Moments[] {
  return folds.filter((fold) => fold.at(-1)! > 0);
}

/** The best penalty; of equal ones the largest. */
export function bestPenalty(errors: readonly PenaltyError[]): number {
  return errors.reduce((best, one) =>
    one.meanSquaredError < best.meanSquaredError ||
    (one.meanSquaredError === best.meanSquaredError && one.penalty > best.penalty)
      ? one
      : best,
  ).penalty;
}
