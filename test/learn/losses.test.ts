import test from 'ava';
import { KernelOperations } from '../../src/learn/kernel-operations.ts';
import type { GradientParts, TrainedLayer } from '../../src/learn/layer-operations.ts';
import { bestConstant, lossAndSlope, type ValueLoss } from '../../src/learn/lessons.ts';
import { Network, type NetworkWeights } from '../../src/learn/network.ts';
import { randomBits } from '../../src/learn/random.ts';
import { GradientKeeper } from './gradient-keeper.ts';
import { normalNumbers, relativeError } from './least-squares.ts';

const LOSSES: readonly ValueLoss[] = ['mse', 'huber', { quantile: 0.5 }, { quantile: 0.9 }];

/** Losses by their definitions. */
function lossByDefinition(kind: ValueLoss, score: number, target: number): number {
  const error = target - score;
  if (kind === 'mse') return (error * error) / 2;
  if (kind === 'huber') return Math.abs(error) < 1 ? (error * error) / 2 : Math.abs(error) - 1 / 2;
  return Math.max(kind.quantile * error, (kind.quantile - 1) * error);
}

/** The gradients of the first step, as the kernel has them: AdamW's means are a tenth of them then. */
class KernelGradients extends KernelOperations {
  readonly gradients: Float64Array[] = [];

  override update(layer: TrainedLayer, parts: GradientParts, rates: Float32Array): void {
    super.update(layer, parts, rates);
    this.gradients.push(Float64Array.from(layer.means, (mean) => 10 * mean));
  }
}

type Parts = Record<'first' | 'bias' | 'last', Float64Array>;

function scoreByDefinition({ first, bias, last }: Parts | NetworkWeights, row: readonly number[]): number {
  return Array.from(last).reduce((sum, weight, o) => {
    const value = row.reduce((z, x, i) => z + x * first[o * row.length + i]!, bias[o]!);
    return sum + (weight * value) / (1 + Math.exp(-value));
  }, 0);
}

const DIMENSION = 8;
const TARGETS = [-3, 0.2, 0.1, 2.5];
const WEIGHTS = [0.5, 1, 2, 0.5];

for (const kind of LOSSES) {
  test(`gradients of weighed values are those of finite differences, by the kernel and by its twin: ${JSON.stringify(kind)}`, (t) => {
    const normal = normalNumbers(5);
    const rows = TARGETS.map(() => Array.from({ length: DIMENSION }, () => Math.fround(normal())));
    const shape = { dimension: DIMENSION, hidden: 8, capacity: TARGETS.length };
    for (const make of [
      () => new GradientKeeper(),
      (lengths: readonly number[]) => new KernelGradients(lengths),
    ]) {
      let operations: GradientKeeper | KernelGradients | undefined;
      const network = new Network(shape, (lengths) => {
        operations = make(lengths);
        return operations;
      });
      network.initialise(randomBits('gradients'));
      const { first, bias, last } = network.weights;
      const weights: Parts = {
        first: Float64Array.from(first),
        bias: Float64Array.from(bias),
        last: Float64Array.from(last),
      };
      network.rows.set(rows.flat());
      network.forward(TARGETS.length);
      for (const [i, target] of TARGETS.entries()) {
        const { slope } = lossAndSlope(kind, network.scores[i]!, target);
        network.scoreDeltas[i] = (WEIGHTS[i]! * slope) / TARGETS.length;
      }
      network.step(TARGETS.length, { learningRate: 1e-3, weightDecay: 0 });
      const [ofLast, ofBias, ofFirst] = operations!.gradients;
      const found: Parts = { first: ofFirst!, bias: ofBias!, last: ofLast! };
      const meanLoss = (of: Parts): number =>
        rows.reduce(
          (sum, row, i) =>
            sum +
            (WEIGHTS[i]! * lossByDefinition(kind, scoreByDefinition(of, row), TARGETS[i]!)) / rows.length,
          0,
        );
      for (const part of ['first', 'bias', 'last'] as const) {
        const expected = weights[part].map((weight, i) => {
          const at = (value: number): number =>
            meanLoss({ ...weights, [part]: weights[part].with(i, value) });
          return (at(weight + 1e-6) - at(weight - 1e-6)) / 2e-6;
        });
        t.true(relativeError(found[part], expected) < 1e-5, part);
      }
    }
  });

  test(`a loss and its slope are those of its definition, and the best constant has none below it: ${JSON.stringify(kind)}`, (t) => {
    for (const score of [-4, -1.01, -0.99, -0.3, 0.3, 0.99, 1.01, 4]) {
      const { loss, slope } = lossAndSlope(kind, score, 0);
      t.true(Math.abs(loss - lossByDefinition(kind, score, 0)) < 1e-12);
      const at = (value: number): number => lossByDefinition(kind, value, 0);
      t.true(Math.abs(slope - (at(score + 1e-6) - at(score - 1e-6)) / 2e-6) < 1e-6);
    }
    const normal = normalNumbers(9);
    const values = Float64Array.from({ length: 41 }, () => Math.exp(2 * normal()));
    const weights = values.map((_, i) => 1 + (i % 3));
    const unit = 3;
    const total = (constant: number): number =>
      values.reduce(
        (sum, value, i) => sum + weights[i]! * lossByDefinition(kind, constant / unit, value / unit),
        0,
      );
    const best = bestConstant(kind, values, weights, unit);
    const least = total(best);
    for (let constant = 0; constant < 20; constant += 0.01) t.true(total(constant) >= least - 1e-9);
  });
}

test('the constant of values that are all the same is that value', (t) => {
  for (const kind of LOSSES)
    t.is(bestConstant(kind, Float64Array.of(7, 7, 7), Float64Array.of(1, 1, 1), 1), 7);
});
