import { InferenceSession, Tensor } from '../embed/onnxruntime.ts';
import { GraphBuilder } from '../models/onnx/graph-builder.ts';
import { ElementType } from '../models/onnx/model-summary.ts';

/** Rows with what they stand for. */
export interface Observations {
  readonly dimension: number;
  /** float32(count x dimension) */
  readonly rows: Float32Array;
  /** float64[count] */
  readonly targets: Float64Array;
  /** float64[count], 0 and more: how often each counts. */
  readonly weights: Float64Array;
}

/** What rows and targets are moved by, so that no digits are lost to a mean that is far from zero. */
export interface Centre {
  /** float64[dimension] */
  readonly row: Float64Array;
  readonly target: number;
}

/**
 * The weighted sums that least squares need: A' A in float64 for A = sqrt(weight) [row - centre, target - centre, 1], so (dimension + 2)
 * squared. Those of parts add up to those of the whole.
 */
export type Moments = Float64Array;

const CHUNK_ROWS = 1024;

/** The weighted mean of rows and targets. */
export function centreOf({ dimension, rows, targets, weights }: Observations): Centre {
  const row = new Float64Array(dimension);
  let target = 0;
  let total = 0;
  for (let i = 0; i < targets.length; i++) {
    const weight = weights[i]!;
    if (weight === 0) continue;
    total += weight;
    target += weight * targets[i]!;
    for (let j = 0; j < dimension; j++) row[j]! += weight * rows[i * dimension + j]!;
  }
  return { row: row.map((sum) => sum / total), target: target / total };
}

type Session = Awaited<ReturnType<typeof InferenceSession.create>>;

/** Makes moments by ONNX Runtime, whose float64 products are several times as fast as ours. */
export class MomentMaker {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  static async open(): Promise<MomentMaker> {
    const graph = new GraphBuilder('moments');
    graph.input('rows', ElementType.float64, ['count', 'width']);
    graph.node('Gemm', ['rows', 'rows'], { transA: { int: 1 } }, 'moments');
    graph.output('moments', ElementType.float64, ['width', 'width']);
    const model = Buffer.concat(graph.toModel({ irVersion: 8, opset: 13, description: "A' A" }));
    // One thread, so that sums have one order on every machine.
    return new MomentMaker(await InferenceSession.create(model, { intraOpNumThreads: 1 }));
  }

  /** The moments of those rows that `isWanted`. */
  async make(
    observations: Observations,
    centre: Centre,
    isWanted: (row: number) => boolean = () => true,
  ): Promise<Moments> {
    const width = observations.dimension + 2;
    const total = new Float64Array(width * width);
    const wanted = Int32Array.from(observations.targets.keys()).filter(
      (row) => observations.weights[row]! > 0 && isWanted(row),
    );
    for (let from = 0; from < wanted.length; from += CHUNK_ROWS) {
      const chunk = fillChunk(observations, centre, wanted.subarray(from, from + CHUNK_ROWS));
      const rows = new Tensor('float64', chunk, [chunk.length / width, width]);
      const { moments } = await this.#session.run({ rows });
      const values = moments!.data as Float64Array;
      for (let i = 0; i < total.length; i++) total[i]! += values[i]!;
    }
    return total;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

function fillChunk(
  { dimension, rows, targets, weights }: Observations,
  centre: Centre,
  wanted: Int32Array,
): Float64Array {
  const width = dimension + 2;
  const chunk = new Float64Array(wanted.length * width);
  for (const [i, row] of wanted.entries()) {
    const factor = Math.sqrt(weights[row]!);
    const at = i * width;
    for (let j = 0; j < dimension; j++)
      chunk[at + j] = factor * (rows[row * dimension + j]! - centre.row[j]!);
    chunk[at + dimension] = factor * (targets[row]! - centre.target);
    chunk[at + dimension + 1] = factor;
  }
  return chunk;
}

/** The moments of parts together. */
export function together(parts: readonly Moments[]): Moments {
  const total = new Float64Array(parts[0]!.length);
  for (const part of parts) for (let i = 0; i < total.length; i++) total[i]! += part[i]!;
  return total;
}
