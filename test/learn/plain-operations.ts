import type { GradientParts, LayerOperations, TrainedLayer } from '../../src/learn/layer-operations.ts';

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
