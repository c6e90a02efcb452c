const ROUNDS = 6;

/**
 * Directions along which vectors differ most, by orthogonal iteration on their covariance (Golub and Van Loan, Matrix Computations,
 * 8.2.4). They are orthonormal to float64, and only near to the principal axes.
 *
 * @param vectors float32 (count, dimension)
 * @returns float64 (axisCount, dimension); fewer where the vectors have no more directions
 */
export function principalAxes(vectors: Float32Array, dimension: number, axisCount: number): Float64Array[] {
  const centred = centre(vectors, dimension);
  const step = Math.max(1, Math.floor(centred.length / axisCount));
  // Any start will do that is not at a right angle to an axis: some of the vectors themselves.
  let axes = orthonormal(centred.filter((_, row) => row % step === 0).slice(0, axisCount));
  for (let round = 0; round < ROUNDS; round++)
    axes = orthonormal(axes.map((axis) => timesCovariance(centred, axis)));
  return axes;
}

function centre(vectors: Float32Array, dimension: number): Float64Array[] {
  const count = vectors.length / dimension;
  const mean = new Float64Array(dimension);
  for (let i = 0; i < vectors.length; i++) mean[i % dimension]! += vectors[i]! / count;
  return Array.from({ length: count }, (_, row) =>
    Float64Array.from(mean, (value, i) => vectors[row * dimension + i]! - value),
  );
}

function timesCovariance(vectors: readonly Float64Array[], axis: Float64Array): Float64Array {
  const product = new Float64Array(axis.length);
  for (const vector of vectors) addTimes(product, vector, dot(vector, axis));
  return product;
}

/** Gram-Schmidt, twice: once leaves what rounding adds. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const axes: Float64Array[] = [];
  for (const vector of vectors) {
    const axis = vector.slice();
    const length = Math.sqrt(dot(axis, axis));
    for (let time = 0; time < 2; time++) for (const other of axes) addTimes(axis, other, -dot(axis, other));
    const left = Math.sqrt(dot(axis, axis));
    // What is left of a vector that the others make up is rounding.
    if (left > 1e-6 * length) axes.push(axis.map((value) => value / left));
  }
  return axes;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addTimes(to: Float64Array, vector: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i]! += factor * vector[i]!;
}
