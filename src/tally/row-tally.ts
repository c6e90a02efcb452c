import type { Tag } from '../samples/tags.ts';
import { BUCKET_NAMES, bucketPlace } from '../scores/bucket-names.ts';
import { SumOfValues } from './exact-sum.ts';
import { Tally } from './tally.ts';

/** Tags of rows, float32: NaN where a row has none, undefined where no row has one. All of one length. */
export type TagArrays = Readonly<Record<Tag, Float32Array | undefined>>;

/** Counts rows as they come. */
export class RowTally {
  readonly #tally = new Tally();
  readonly #counts = new Float64Array(BUCKET_NAMES.length);
  readonly #sums: readonly SumOfValues[] = BUCKET_NAMES.map(() => new SumOfValues());

  /** @param nullScores how many of the rows without a score have null there and not NaN */
  add(rowCount: number, tags: TagArrays, nullScores: number | 'all'): void {
    this.#tally.cube.addRows(rowCount, tags);
    const missing = tags.aesthetic ? this.#addScores(tags.aesthetic) : rowCount;
    const { states } = this.#tally;
    states.scored += rowCount - missing;
    const nulls = nullScores === 'all' ? missing : nullScores;
    states.nullScores += nulls;
    states.nanScores += missing - nulls;
  }

  addFailed(rows: number): void {
    this.#tally.states.failed += rows;
  }

  /** All that was counted. */
  finish(): Tally {
    for (const [place, count] of this.#counts.entries())
      this.#tally.addToBucket(place, count, this.#sums[place]!.sum);
    return this.#tally;
  }

  /** Gives how many are NaN. */
  #addScores(scores: Float32Array): number {
    let missing = 0;
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i]!;
      if (Number.isNaN(score)) {
        missing++;
        continue;
      }
      const place = bucketPlace(score);
      this.#counts[place]!++;
      this.#sums[place]!.add(score);
    }
    return missing;
  }
}
