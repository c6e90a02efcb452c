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

  /** Cuts an answer into the crops, one for each transform that was wanted, as views. */
  cut(body: Uint8Array): Uint8Array[] {
    let end = 0;
    const made = this.distinct.map((transform) => {
      const start = end;
      end += cropBytes(transform);
      return body.subarray(start, end);
    });
    return this.#places.map((place) => made[place]!);
  }

  /** What an answer has behind the crops, as a view. */
  behind(body: Uint8Array): Uint8Array {
    return body.subarray(this.distinct.reduce((sum, transform) => sum + cropBytes(transform), 0));
  }
}
