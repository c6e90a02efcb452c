import type { Loss } from './graph/loss.ts';

/** The mean loss of predictions, as the graph sums it. @param predicted, truths float64, in the unit of the loss */
export function meanLoss({ name, quantile }: Loss, predicted: Float64Array, truths: Float64Array): number {
  const lossOf = {
    mse: (error: number) => error * error,
    huber: (error: number) => (Math.abs(error) <= 1 ? error ** 2 / 2 : Math.abs(error) - 0.5),
    quantile: (error: number) => (error > 0 ? (1 - quantile) * error : -quantile * error),
  }[name];
  return predicted.reduce((sum, value, i) => sum + lossOf(value - truths[i]!), 0) / predicted.length;
}
