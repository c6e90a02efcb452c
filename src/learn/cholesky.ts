/**
 * The lower triangle L of a symmetric positive definite matrix, L L' = matrix, in place of its lower triangle; what lies above the diagonal is left
 * as it is.
 *
 * @param matrix float64(size x size)
 * @throws RangeError where it is not positive definite
 */
export function factorise(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j <= i; j++) {
      const rest = matrix[row + j]! - dot(matrix, row, j * size, j);
      if (j < i) matrix[row + j] = rest / matrix[j * size + j]!;
      else if (rest > 0) matrix[row + j] = Math.sqrt(rest);
      else throw new RangeError('the matrix is not positive definite; a larger penalty makes it so');
    }
  }
}

/** Solves L L' x = right, in place. */
export function solveFactorised(lower: Float64Array, right: Float64Array): void {
  const size = right.length;
  for (let i = 0; i < size; i++) {
    let sum = right[i]!;
    for (let k = 0, at = i * size; k < i; k++, at++) sum -= lower[at]! * right[k]!;
    right[i] = sum / lower[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    const value = right[i]! / lower[i * size + i]!;
    right[i] = value;
    for (let k = 0, at = i * size; k < i; k++, at++) right[k]! -= lower[at]! * value;
  }
}

/** The inverse of L, with zeros above its diagonal; float64(size x size). */
export function invertLower(lower: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const row = i * size;
    const diagonal = lower[row + i]!;
    for (let k = 0; k < i; k++) {
      const factor = lower[row + k]! / diagonal;
      for (let j = 0, at = k * size; j <= k; j++, at++) inverse[row + j]! -= factor * inverse[at]!;
    }
    inverse[row + i] = 1 / diagonal;
  }
  return inverse;
}

/** Four sums, so that additions need not wait for each other. */
function dot(matrix: Float64Array, a: number, b: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    s0 += matrix[a + i]! * matrix[b + i]!;
    s1 += matrix[a + i + 1]! * matrix[b + i + 1]!;
    s2 += matrix[a + i + 2]! * matrix[b + i + 2]!;
    s3 += matrix[a + i + 3]! * matrix[b + i + 3]!;
  }
  for (; i < length; i++) s0 += matrix[a + i]! * matrix[b + i]!;
  return s0 + s1 + (s2 + s3);
}
