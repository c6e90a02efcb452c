import type { GradientParts, TrainedLayer } from '../../src/learn/layer-operations.ts';
import { PlainOperations } from './plain-operations.ts';

/** Keeps gradients and changes no weights. */
export class GradientKeeper extends PlainOperations {
  readonly gradients: Float64Array[] = [];

  override update({ inputs, outputs }: TrainedLayer, { rows, deltas, count }: GradientParts): void {
    const gradient = new Float64Array(outputs * inputs);
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < inputs; i++)
        for (let row = 0; row < count; row++)
          gradient[o * inputs + i]! += deltas[row * outputs + o]! * rows[row * inputs + i]!;
    this.gradients.push(gradient);
  }
}
