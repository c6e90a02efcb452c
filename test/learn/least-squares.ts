import type { Observations } from '../../src/learn/moments.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';

/** Numbers that look as if drawn from a normal distribution. */
export function normalNumbers(seed: number): () => number {
  const next = randomNumbers(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** Rows about a mean that is far from zero, and targets that are linear in them but for noise. */
export function makeObservations(
  count: number,
  dimension: number,
  noise: number,
): Observations & { hidden: Float64Array } {
  const normal = normalNumbers(7);
  const hidden = Float64Array.from({ length: dimension }, normal);
  const rows = Float32Array.from({ length: count * dimension }, () => 5 + normal());
  const targets = Float64Array.from({ length: count }, (_, i) => {
    const row = rows.subarray(i * dimension, (i + 1) * dimension);
    return 3 + row.reduce((sum, value, j) => sum + value * hidden[j]!, 0) + noise * normal();
  });
  const weights = Float64Array.from({ length: count }, (_, i) => 1 + (i % 3));
  return { dimension, rows, targets, weights, hidden };
}

/** Ridge by the textbook's normal equations with a column of ones, solved by Gauss's elimination with pivots. */
export function solvePlainly(
  { dimension, rows, targets, weights }: Observations,
  penalty: number,
  isWanted: (row: number) => boolean = () => true,
): number[] {
  const width = dimension + 1;
  const matrix = Array.from({ length: width }, () => new Float64Array(width + 1));
  for (const [row, target] of targets.entries()) {
    if (!isWanted(row)) continue;
    const values = [...rows.subarray(row * dimension, (row + 1) * dimension), 1, target];
    for (let i = 0; i < width; i++)
      for (let j = 0; j <= width; j++) matrix[i]![j]! += weights[row]! * values[i]! * values[j]!;
  }
  for (let i = 0; i < dimension; i++) matrix[i]![i]! += penalty;
  for (let i = 0; i < width; i++) {
    const order = matrix.map((_, at) => at).filter((at) => at >= i);
    const pivot = order.reduce((best, at) =>
      Math.abs(matrix[at]![i]!) > Math.abs(matrix[best]![i]!) ? at : best,
    );
    [matrix[i], matrix[pivot]] = [matrix[pivot]!, matrix[i]!];
    for (const [at, line] of matrix.entries()) {
      if (at === i) continue;
      const factor = line[i]! / matrix[i]![i]!;
      for (let j = i; j <= width; j++) line[j]! -= factor * matrix[i]![j]!;
    }
  }
  return matrix.map((line, i) => line[width]! / line[i]!);
}

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
    Array.from(x).reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** The largest difference, in parts of the largest value. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  const largest = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, i) => Math.abs(value - found[i]!))) / largest;
}
