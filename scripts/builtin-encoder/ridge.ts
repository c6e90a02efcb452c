/** A linear function of features. */
export interface Linear {
  readonly weights: readonly number[];
  readonly bias: number;
}

/**
 * Ridge regression with a free bias: the features and targets are centred, then (X'X + penalty I) w = X'y
 * is solved by Cholesky's method.
 */
export function fitRidge(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  penalty: number,
): Linear {
  const width = rows[0]!.length;
  const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const centre = Array.from({ length: width }, (_, j) => average(rows.map((row) => row[j]!)));
  const middle = average(targets);
  const matrix = centre.map(() => new Float64Array(width));
  const right = new Float64Array(width);
  rows.forEach((row, r) => {
    for (let i = 0; i < width; i++) {
      const value = row[i]! - centre[i]!;
      right[i]! += value * (targets[r]! - middle);
      for (let j = 0; j <= i; j++) matrix[i]![j]! += value * (row[j]! - centre[j]!);
    }
  });
  for (let i = 0; i < width; i++) matrix[i]![i]! += penalty;
  const weights = solve(matrix, right);
  const bias = middle - weights.reduce((sum, weight, i) => sum + weight * centre[i]!, 0);
  return { weights, bias };
}

/** Solves a symmetric positive definite system whose lower triangle is given; the triangle is overwritten. */
function solve(lower: Float64Array[], right: Float64Array): number[] {
  const size = right.length;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = lower[i]![j]!;
      for (let k = 0; k < j; k++) sum -= lower[i]![k]! * lower[j]![k]!;
      lower[i]![j] = i === j ? Math.sqrt(sum) : sum / lower[j]![j]!;
    }
  }
  const result = [...right];
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) result[i]! -= lower[i]![k]! * result[k]!;
    result[i]! /= lower[i]![i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) result[i]! -= lower[k]![i]! * result[k]!;
    result[i]! /= lower[i]![i]!;
  }
  return result;
}
