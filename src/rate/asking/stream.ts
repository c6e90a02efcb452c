import { DrawnOrder, MOST_ORDERED } from './draw.ts';

type Words = readonly (string | number)[];

/**
 * Pairs or samples in an order drawn at random, each once. Nothing of it is stored, so that it can be gone on with from any place.
 */
export class AskingOrder {
  /** How many pairs or samples there are. */
  readonly size: number;
  readonly #order: DrawnOrder;
  readonly #numbersOf: (drawn: number) => readonly number[];

  private constructor(size: number, words: Words, numbersOf: (drawn: number) => readonly number[]) {
    this.size = Math.min(size, MOST_ORDERED);
    this.#order = new DrawnOrder(this.size, ...words);
    this.#numbersOf = numbersOf;
  }

  /** @param samples their numbers @param words what the order is drawn with */
  static ofSamples(samples: Int32Array, words: Words): AskingOrder {
    return new AskingOrder(samples.length, words, (drawn) => [samples[drawn]!]);
  }

  /** All pairs of some samples: of more than 94 million not all. */
  static ofPairs(samples: Int32Array, words: Words): AskingOrder {
    const { length } = samples;
    return new AskingOrder((length * (length - 1)) / 2, words, (drawn) => {
      // Pairs (a, b) with a < b, counted by b: there are b (b - 1) / 2 before those of b.
      let b = Math.floor((1 + Math.sqrt(1 + 8 * drawn)) / 2);
      while ((b * (b - 1)) / 2 > drawn) b--;
      while ((b * (b + 1)) / 2 <= drawn) b++;
      const a = drawn - (b * (b - 1)) / 2;
      return [samples[a]!, samples[b]!];
    });
  }

  /** All pairs of one of these and one of those. */
  static ofPairsAcross(these: Int32Array, those: Int32Array, words: Words): AskingOrder {
    const { length } = those;
    return new AskingOrder(these.length * length, words, (drawn) => [
      these[Math.floor(drawn / length)]!,
      those[drawn % length]!,
    ]);
  }

  /** The numbers of the samples at a place: two of a pair, else one. */
  at(place: number): readonly number[] {
    return this.#numbersOf(this.#order.at(place));
  }
}
