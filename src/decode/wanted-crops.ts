import { cropBytes, type Transform, transformKey } from './transform.ts';

/** Which crops are made of each image, and which of them each of the wanted transforms gets: equal ones share theirs. */
export class WantedCrops {
  /** Each transform once: a decoder process answers with their crops in this order, without gaps. */
  readonly distinct: readonly Transform[];
  readonly #places: readonly number[];

  constructor(transforms: readonly Transform[]) {
    const byKey = new Map(transforms.map((transform) => [transformKey(transform), transform]));
    const keys = [...byKey.keys()];
    this.distinct = [...byKey.values()].map(({ sizePx, resize, shortSidePx, interpolation }) => ({
      sizePx,
      resize,
      ...(shortSidePx === undefined ? {} : { shortSidePx }),
      interpolation,
    }));
    this.#places = transforms.map((transform) => keys.indexOf(transformKey(transform)));
  }

  /** Of all crops that are made of an image; they lie one behind the other. */
  get bytes(): number {
    return this.distinct.reduce((sum, transform) => sum + cropBytes(transform), 0);
  }

  /** A piece of what holds the crops of an image for each transform that was wanted, by its start and its length. */
  cut<Piece>(pieceOf: (start: number, length: number) => Piece): Piece[] {
    let end = 0;
    const made = this.distinct.map((transform) => {
      const start = end;
      end += cropBytes(transform);
      return pieceOf(start, end - start);
    });
    return this.#places.map((place) => made[place]!);
  }
}
