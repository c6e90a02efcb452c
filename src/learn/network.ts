import {
  type Activation,
  type AdamOptions,
  adamRates,
  type LayerOperations,
  padded,
  RATE_COUNT,
  type TrainedLayer,
} from './layer-operations.ts';
import { type RandomBits, randomBitsIn, STATE_LENGTH, uniform } from './random.ts';

/** The sizes of a member: dropout -> Linear(dimension, hidden) -> SiLU -> Linear(hidden, 1) without a bias, or of hidden 0 one Linear(dimension, 1) without. */
export interface NetworkShape {
  readonly dimension: number;
  readonly hidden: number;
  /** The most rows that it takes at a time, for training and for scores; even. */
  readonly capacity: number;
}

/** A member's weights, without what they were filled up with. */
export interface NetworkWeights {
  /** float32(hidden x dimension), or of hidden 0 (1 x dimension) */
  readonly first: Float32Array;
  /** float32[hidden]; of hidden 0 empty, as `last`. */
  readonly bias: Float32Array;
  /** float32[hidden] */
  readonly last: Float32Array;
}

/** A network of one score per row, its gradient and its steps. */
export class Network {
  /** float32(capacity x paddedDimension): where rows are put. What is beyond the dimension stays 0. */
  readonly rows: Float32Array;
  /** float32[capacity]: scores, after `forward`. */
  readonly scores: Float32Array;
  /** float32[capacity]: what the loss changes by with each score; put there before `step`. */
  readonly scoreDeltas: Float32Array;
  readonly paddedDimension: number;
  readonly #shape: NetworkShape;
  readonly #operations: LayerOperations;
  readonly #first: TrainedLayer;
  readonly #bias: TrainedLayer | undefined;
  readonly #last: TrainedLayer | undefined;
  readonly #sums: Float32Array;
  /** What SiLU's values change by with its sums. */
  readonly #slopes: Float32Array;
  readonly #values: Float32Array;
  readonly #deltas: Float32Array;
  readonly #ones: Float32Array;
  readonly #rates: Float32Array;
  /** What operations may use while they last. */
  readonly #room: Float32Array;
  readonly #draws: Int32Array;
  #steps = 0;

  constructor(shape: NetworkShape, makeOperations: (lengths: readonly number[]) => LayerOperations) {
    const { capacity, hidden } = shape;
    const inputs = padded(shape.dimension);
    const width = padded(hidden);
    this.#shape = shape;
    this.paddedDimension = inputs;
    const layers = [[inputs, width || 1], ...(hidden > 0 ? [[width, 1] as const, [width, 1] as const] : [])];
    const roomLength = width > 0 ? capacity * (inputs + 4) : 0;
    const arrays = [
      capacity * inputs,
      capacity,
      capacity,
      ...Array(4).fill(capacity * width),
      capacity,
      RATE_COUNT,
      roomLength,
      STATE_LENGTH,
    ];
    this.#operations = makeOperations([
      ...layers.flatMap(([from, to]) => Array<number>(3).fill(from! * to!)),
      ...arrays,
    ]);
    const take = (length: number): Float32Array => this.#operations.allocate(length);
    const layer = (from: number, to: number): TrainedLayer => {
      const [weights, means, squares] = [take(from * to), take(from * to), take(from * to)];
      return { inputs: from, outputs: to, weights: weights!, means: means!, squares: squares! };
    };
    this.#first = layer(inputs, width || 1);
    this.#bias = hidden > 0 ? layer(width, 1) : undefined;
    this.#last = hidden > 0 ? layer(width, 1) : undefined;
    this.rows = take(capacity * inputs);
    this.scores = take(capacity);
    this.scoreDeltas = take(capacity);
    this.#sums = take(capacity * width);
    this.#slopes = take(capacity * width);
    this.#values = take(capacity * width);
    this.#deltas = take(capacity * width);
    this.#ones = take(capacity).fill(1);
    this.#rates = take(RATE_COUNT);
    this.#room = take(roomLength);
    const draws = take(STATE_LENGTH);
    this.#draws = new Int32Array(draws.buffer, draws.byteOffset, STATE_LENGTH);
  }

  /** Weights as PyTorch starts a Linear: even from -1 / sqrt(inputs) to 1 / sqrt(inputs). */
  initialise(bits: RandomBits): void {
    const { dimension, hidden } = this.#shape;
    const fill = (length: number, inputs: number): Float32Array =>
      new Float32Array(length).map(() => (2 * uniform(bits) - 1) / Math.sqrt(inputs));
    this.weights = {
      first: fill((hidden || 1) * dimension, dimension),
      bias: fill(hidden, dimension),
      last: fill(hidden, hidden),
    };
  }

  /** A copy. */
  get weights(): NetworkWeights {
    const { dimension, hidden } = this.#shape;
    const first = new Float32Array((hidden || 1) * dimension);
    for (let o = 0; o < (hidden || 1); o++) {
      const from = o * this.paddedDimension;
      first.set(this.#first.weights.subarray(from, from + dimension), o * dimension);
    }
    return {
      first,
      bias: this.#bias?.weights.slice(0, hidden) ?? new Float32Array(0),
      last: this.#last?.weights.slice(0, hidden) ?? new Float32Array(0),
    };
  }

  set weights({ first, bias, last }: NetworkWeights) {
    const { dimension } = this.#shape;
    for (let o = 0; o * dimension < first.length; o++)
      this.#first.weights.set(first.subarray(o * dimension, (o + 1) * dimension), o * this.paddedDimension);
    this.#bias?.weights.set(bias);
    this.#last?.weights.set(last);
  }

  /** Scores the first `count` of `rows`; an even number. */
  forward(count: number): void {
    if (!this.#last) {
      this.#operations.forward(this.#first, this.rows, count, this.scores);
      return;
    }
    this.#operations.forward(this.#first, this.rows, count, this.#sums);
    this.#operations.activate(this.#activation(count));
    this.#operations.forward(this.#last, this.#values, count, this.scores);
  }

  /** One step down the gradient of the rows that `forward` took last, whose `scoreDeltas` are there. */
  step(count: number, options: AdamOptions): void {
    this.#rates.set(adamRates(options, ++this.#steps));
    const deltas = this.scoreDeltas;
    const step = (layer: TrainedLayer, rows: Float32Array, each: Float32Array): void =>
      this.#operations.update(layer, { count, rows, deltas: each, room: this.#room }, this.#rates);
    if (!this.#last) {
      step(this.#first, this.rows, deltas);
      return;
    }
    const scores = { scoreDeltas: deltas, last: this.#last.weights };
    this.#operations.spreadDeltas(this.#activation(count), scores, this.#deltas);
    step(this.#last, this.#values, deltas);
    step(this.#bias!, this.#deltas, this.#ones);
    step(this.#first, this.rows, this.#deltas);
  }

  /** Numbers that `drop` draws on from. */
  startDraws(name: string): RandomBits {
    return randomBitsIn(this.#draws, name);
  }

  /** Leaves a share of the values of a row out, and scales the others up. */
  drop(row: number, share: number): void {
    const from = row * this.paddedDimension;
    const values = this.rows.subarray(from, from + this.#shape.dimension);
    this.#operations.drop(values, { state: this.#draws, share });
  }

  #activation(count: number): Activation {
    const [sums, values, slopes] = [this.#sums, this.#values, this.#slopes];
    return { count, width: this.#last!.inputs, sums, biases: this.#bias!.weights, values, slopes };
  }
}
