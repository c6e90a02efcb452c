import { centreOf, type MomentMaker, type Observations } from './moments.ts';
import { fitRidge, type Linear } from './ridge.ts';

const MOST_STEPS = 50;
const MOST_HALVINGS = 30;
/** Steps end where none changes the loss by more, in parts of the loss. */
const TOLERANCE = 1e-12;
/** Below, a row weighs nothing in Newton's step, and its working target would have no digits. */
const LEAST_CURVATURE = 1e-10;

/**
 * Logistic regression with a free bias: the least sum of weight (log loss) + penalty / 2 |weights|^2, by Newton's method as reweighted least
 * squares, each step of which is a ridge regression. A step that makes the loss larger is halved.
 *
 * @param observations targets are 1 or 0; a part of a row's weight can be of either
 * @param start where to begin; from zero where not given
 */
export async function fitLogistic(
  observations: Observations,
  penalty: number,
  maker: MomentMaker,
  start: Linear = zeroOf(observations.dimension),
): Promise<Linear> {
  let current = start;
  let loss = penalised(observations, penalty, current);
  for (let step = 0; step < MOST_STEPS; step++) {
    const target = await newtonTarget(observations, penalty, maker, current);
    const next = lineSearch(observations, penalty, { current, target, loss });
    if (!next || loss - next.loss <= TOLERANCE * loss) return next?.found ?? current;
    current = next.found;
    loss = next.loss;
  }
  return current;
}

/** The weighted mean log loss (natural logarithm) of the rows that `isWanted`. */
export function logLoss(
  observations: Observations,
  linear: Linear,
  isWanted: (row: number) => boolean = () => true,
): number {
  let sum = 0;
  let total = 0;
  for (const [row, logit] of logitsOf(observations, linear).entries()) {
    if (!isWanted(row)) continue;
    const weight = observations.weights[row]!;
    sum += weight * lossOf(logit, observations.targets[row]!);
    total += weight;
  }
  return sum / total;
}

/** weights . row + bias for each row. */
export function logitsOf(
  { rows, dimension, targets }: Observations,
  { weights, bias }: Linear,
): Float64Array {
  return targets.map((_, row) => {
    let sum = bias;
    for (let j = 0, at = row * dimension; j < dimension; j++, at++) sum += weights[j]! * rows[at]!;
    return sum;
  });
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** ln(1 + e^logit) - target logit, for logits of any size. */
export function lossOf(logit: number, target: number): number {
  return Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit))) - target * logit;
}

async function newtonTarget(
  observations: Observations,
  penalty: number,
  maker: MomentMaker,
  current: Linear,
): Promise<Linear> {
  const logits = logitsOf(observations, current);
  const curvatures = logits.map((logit) => Math.max(LEAST_CURVATURE, sigmoid(logit) * (1 - sigmoid(logit))));
  const working: Observations = {
    ...observations,
    weights: observations.weights.map((weight, i) => weight * curvatures[i]!),
    targets: logits.map((logit, i) => logit + (observations.targets[i]! - sigmoid(logit)) / curvatures[i]!),
  };
  const centre = centreOf(working);
  return fitRidge(await maker.make(working, centre), centre, penalty);
}

function lineSearch(
  observations: Observations,
  penalty: number,
  { current, target, loss }: { current: Linear; target: Linear; loss: number },
): { found: Linear; loss: number } | undefined {
  let share = 1;
  for (let halving = 0; halving < MOST_HALVINGS; halving++) {
    const found = between(current, target, share);
    const reached = penalised(observations, penalty, found);
    if (reached <= loss) return { found, loss: reached };
    share /= 2;
  }
  return undefined;
}

function between(from: Linear, to: Linear, share: number): Linear {
  const mix = (a: number, b: number): number => a + share * (b - a);
  return {
    weights: from.weights.map((weight, i) => mix(weight, to.weights[i]!)),
    bias: mix(from.bias, to.bias),
  };
}

function penalised(observations: Observations, penalty: number, linear: Linear): number {
  const total = observations.weights.reduce((sum, weight) => sum + weight, 0);
  const squares = linear.weights.reduce((sum, weight) => sum + weight * weight, 0);
  return total * logLoss(observations, linear) + (penalty / 2) * squares;
}

function zeroOf(dimension: number): Linear {
  return { weights: new Float64Array(dimension), bias: 0 };
}
