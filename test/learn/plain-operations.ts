import type {
  Activation,
  Dropping,
  GradientParts,
  LayerOperations,
  TrainedLayer,
} from '../../src/learn/layer-operations.ts';
import { randomBitsFrom, uniform } from '../../src/learn/random.ts';

const { fround } = Math;

/** The twin of kernels/training.ts in plain TypeScript: the same float32 operations in the same order. */
export class PlainOperations implements LayerOperations {
  allocate(length: number): Float32Array {
    return new Float32Array(length);
  }

  forward(layer: TrainedLayer, rows: Float32Array, count: number, results: Float32Array): void {
    const { weights, inputs, outputs } = layer;
    for (let row = 0; row < count; row++) {
      for (let o = 0; o < outputs; o++) {
        const sums = new Float32Array(4);
        for (let i = 0; i < inputs; i++) {
          const product = fround(weights[o * inputs + i]! * rows[row * inputs + i]!);
          sums[i % 4] = fround(sums[i % 4]! + product);
        }
        results[row * outputs + o] = fround(fround(sums[0]! + sums[1]!) + fround(sums[2]! + sums[3]!));
      }
    }
  }

  activate({ sums, biases, count, width, values, slopes }: Activation): void {
    for (let at = 0; at < count * width; at++) {
      const z = sums[at]! + biases[at % width]!;
      const gate = 1 / (1 + exponential(-z));
      values[at] = z * gate;
      slopes[at] = gate * (1 + z * (1 - gate));
    }
  }

  spreadDeltas(
    { slopes, count, width }: Activation,
    { scoreDeltas, last }: { readonly scoreDeltas: Float32Array; readonly last: Float32Array },
    deltas: Float32Array,
  ): void {
    for (let at = 0; at < count * width; at++)
      deltas[at] = fround(scoreDeltas[Math.floor(at / width)]! * last[at % width]!) * slopes[at]!;
  }

  drop(values: Float32Array, { state, share }: Dropping): void {
    const bits = randomBitsFrom(state);
    for (let i = 0; i < values.length; i++)
      values[i] = uniform(bits) < share ? 0 : values[i]! * (1 / (1 - share));
  }

  update(layer: TrainedLayer, { rows, deltas, count }: GradientParts, rates: Float32Array): void {
    const { weights, means, squares, inputs, outputs } = layer;
    const [decay, gain1, keep2, gain2, scale, size, epsilon] = rates as unknown as number[];
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        let gradient = 0;
        for (let row = 0; row < count; row++) {
          const product = fround(deltas[row * outputs + o]! * rows[row * inputs + i]!);
          gradient = fround(gradient + product);
        }
        const at = o * inputs + i;
        const mean = fround(means[at]! + fround(fround(gradient - means[at]!) * gain1!));
        const square = fround(fround(squares[at]! * keep2!) + fround(gain2! * fround(gradient * gradient)));
        means[at] = mean;
        squares[at] = square;
        const root = fround(fround(fround(Math.sqrt(square)) * scale!) + epsilon!);
        weights[at] = fround(fround(weights[at]! * decay!) - fround(fround(size! * mean) / root));
      }
    }
  }
}

const ROUNDING = 1.5 * 2 ** 52;
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const FACTORIALS = [362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1];

/** e^x as the kernel has it. */
export function exponential(x: number): number {
  const bounded = Math.min(Math.max(x, -700), 700);
  const n = bounded * Math.LOG2E + ROUNDING - ROUNDING;
  const r = bounded - n * LN2_HIGH - n * LN2_LOW;
  const sum = FACTORIALS.reduce((total, factorial) => total * r + 1 / factorial, 0);
  return sum * 2 ** n;
}
