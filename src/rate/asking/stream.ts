import type { AskedMode } from '../../feedback/queue-items.ts';
import { DrawnOrder, MOST_ORDERED } from './draw.ts';

/**
 * All there is to ask about some samples, in an order drawn at random: each pair once, or each sample once. Nothing of it is stored, so that it
 * can be gone on with from any place.
 */
export class AskingOrder {
  /** How many pairs or samples there are. */
  readonly size: number;
  readonly #samples: Int32Array;
  readonly #isPairs: boolean;
  readonly #order: DrawnOrder;

  /** @param samples their numbers, at most 94 million where pairs are asked @param words what the order is drawn with */
  constructor(samples: Int32Array, mode: AskedMode, words: readonly (string | number)[]) {
    const { length } = samples;
    this.#samples = samples;
    this.#isPairs = mode === 'pair';
    this.size = this.#isPairs ? Math.min((length * (length - 1)) / 2, MOST_ORDERED) : length;
    this.#order = new DrawnOrder(this.size, ...words);
  }

  /** The numbers of the samples at a place: two of a pair, else one. */
  at(place: number): readonly number[] {
    const number = this.#order.at(place);
    if (!this.#isPairs) return [this.#samples[number]!];
    // Pairs (a, b) with a < b, counted by b: there are b (b - 1) / 2 before those of b.
    let b = Math.floor((1 + Math.sqrt(1 + 8 * number)) / 2);
    while ((b * (b - 1)) / 2 > number) b--;
    while ((b * (b + 1)) / 2 <= number) b++;
    const a = number - (b * (b - 1)) / 2;
    return [this.#samples[a]!, this.#samples[b]!];
  }
}
