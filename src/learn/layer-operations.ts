/** A layer without a bias, as it is trained: outputs[o] = weights[o] . inputs. Shapes: (outputs x inputs), float32. */
export interface TrainedLayer {
  /** A multiple of `LANES`. */
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float32Array;
  /** AdamW's mean of the gradients. */
  readonly means: Float32Array;
  /** AdamW's mean of their squares. */
  readonly squares: Float32Array;
}

/** What a gradient is made of: the sum over rows of delta x row. */
export interface GradientParts {
  /** Even. */
  readonly count: number;
  /** float32(count x inputs) */
  readonly rows: Float32Array;
  /** float32(count x outputs), what the loss changes by with each output of each row. */
  readonly deltas: Float32Array;
  /** float32[count x (inputs + 4)] that is free, unless there are fewer than four outputs. */
  readonly room: Float32Array;
}

/** Sums of a layer, one row of its width after the other, and what SiLU makes of them. */
export interface Activation {
  /** Even. */
  readonly count: number;
  /** A multiple of `LANES`; `biases` and `last` are as long. */
  readonly width: number;
  /** float32(count x width), like `values` and `slopes`. */
  readonly sums: Float32Array;
  readonly biases: Float32Array;
  readonly values: Float32Array;
  /** What values change by with their sums. */
  readonly slopes: Float32Array;
}

/** What is left out of rows by chance. */
export interface Dropping {
  /** Of the generator (`randomBitsIn`): a number is drawn for each value. */
  readonly state: Int32Array;
  /** From 0 on, below 1: the share of values that are left out. */
  readonly share: number;
}

/** What training spends its time in, over arrays that `allocate` gave. */
export interface LayerOperations {
  allocate(length: number): Float32Array;
  /** results[row * outputs + o] = weights[o] . row, for an even number of rows. */
  forward(layer: TrainedLayer, rows: Float32Array, count: number, results: Float32Array): void;
  /** values = z gate and slopes = gate (1 + z (1 - gate)), with z = sum + bias and gate = 1 / (1 + e^-z). */
  activate(activation: Activation): void;
  /** deltas[row, o] = scoreDeltas[row] last[o] slopes[row, o]: float32(count x width). */
  spreadDeltas(
    activation: Activation,
    scores: { readonly scoreDeltas: Float32Array; readonly last: Float32Array },
    deltas: Float32Array,
  ): void;
  /** Some values become 0, the others 1 / (1 - share) as large. */
  drop(values: Float32Array, dropping: Dropping): void;
  /** One step of AdamW. @param rates as `adamRates` gives them */
  update(layer: TrainedLayer, parts: GradientParts, rates: Float32Array): void;
}

/** Inputs of layers are filled up with zeros to a multiple of this. */
export const LANES = 8;

export function padded(length: number): number {
  return LANES * Math.ceil(length / LANES);
}

/** AdamW's own settings (Loshchilov and Hutter, arXiv 1711.05101). */
export interface AdamOptions {
  readonly learningRate: number;
  readonly weightDecay: number;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
/** How many numbers make up the rates of a step. */
export const RATE_COUNT = 7;

/**
 * The factors of step number `step` (from 1): decay, 1 - beta1, beta2, 1 - beta2, 1 / sqrt(1 - beta2^step), rate / (1 - beta1^step), epsilon.
 * As PyTorch's AdamW has them.
 */
export function adamRates({ learningRate, weightDecay }: AdamOptions, step: number): number[] {
  return [
    1 - learningRate * weightDecay,
    1 - BETA1,
    BETA2,
    1 - BETA2,
    1 / Math.sqrt(1 - BETA2 ** step),
    learningRate / (1 - BETA1 ** step),
    EPSILON,
  ];
}
