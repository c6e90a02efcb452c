import { InferenceSession, Tensor } from '../embed/onnxruntime.ts';
import { GraphBuilder } from '../models/onnx/graph-builder.ts';
import { ElementType } from '../models/onnx/model-summary.ts';
import { invertLower } from './cholesky.ts';
import type { Observations } from './moments.ts';
import type { RidgeFit } from './ridge.ts';

const CHUNK_ROWS = 1024;

/**
 * What each row's target is less its prediction by a fit to all other rows, without fitting again: e / (1 - h), with h = weight (1 / total +
 * x' (X'X + penalty I)^-1 x) for its x about the mean. Exact. With X'X + penalty I = L L' the second term is the squared length of L^-1 x, which ONNX
 * Runtime computes in float64 on one thread.
 *
 * @param onRows told how many rows are done; what it throws ends the work
 * @returns float64[count]
 */
export async function leaveOneOutErrors(
  fit: RidgeFit,
  observations: Observations,
  onRows: (done: number) => void = () => undefined,
): Promise<Float64Array> {
  const { dimension, targets, weights } = observations;
  const inverse = new Tensor('float64', invertLower(fit.factor, dimension), [dimension, dimension]);
  const session = await InferenceSession.create(lengthsModel(), { intraOpNumThreads: 1 });
  const errors = new Float64Array(targets.length);
  try {
    for (let from = 0; from < targets.length; from += CHUNK_ROWS) {
      onRows(from);
      const count = Math.min(CHUNK_ROWS, targets.length - from);
      const { rows, residuals } = centred(fit, observations, from, count);
      const { squares } = await session.run({
        rows: new Tensor('float64', rows, [count, dimension]),
        inverse,
      });
      for (const [i, square] of (squares!.data as Float64Array).entries()) {
        const leverage = weights[from + i]! * (1 / fit.total + square);
        errors[from + i] = residuals[i]! / (1 - leverage);
      }
    }
    return errors;
  } finally {
    await session.release();
  }
}

/** Rows about the mean, and what their targets are less their predictions. */
function centred(
  fit: RidgeFit,
  { dimension, rows, targets }: Observations,
  from: number,
  count: number,
): { rows: Float64Array; residuals: Float64Array } {
  const moved = new Float64Array(count * dimension);
  const residuals = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let prediction = fit.bias;
    for (let j = 0, at = (from + row) * dimension; j < dimension; j++, at++) {
      prediction += fit.weights[j]! * rows[at]!;
      moved[row * dimension + j] = rows[at]! - fit.meanRow[j]!;
    }
    residuals[row] = targets[from + row]! - prediction;
  }
  return { rows: moved, residuals };
}

/** squares[row] = |inverse row|^2 */
function lengthsModel(): Uint8Array {
  const graph = new GraphBuilder('lengths');
  graph.input('rows', ElementType.float64, ['count', 'width']);
  graph.input('inverse', ElementType.float64, ['width', 'width']);
  const solved = graph.node('Gemm', ['rows', 'inverse'], { transB: { int: 1 } });
  graph.node('ReduceSumSquare', [solved], { axes: { ints: [1] }, keepdims: { int: 0 } }, 'squares');
  graph.output('squares', ElementType.float64, ['count']);
  return Buffer.concat(graph.toModel({ irVersion: 8, opset: 13, description: 'squared lengths' }));
}
