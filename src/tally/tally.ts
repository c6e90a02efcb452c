import { BUCKET_NAMES, type BucketName } from '../scores/bucket-names.ts';
import { type StoredWhatIf, WhatIfCube } from '../scores/what-if.ts';
import { addSums, type ExactSum, meanOf, NO_SUM } from './exact-sum.ts';

/** What became of all rows: the four sum to the rows that were read. */
export interface RowStates {
  scored: number;
  /** The score is null. */
  nullScores: number;
  nanScores: number;
  /** Rows of runs that were not scored: not downloaded, not decoded, not embedded. */
  failed: number;
}

/** A score bucket. */
export interface BucketTally {
  readonly bucket: BucketName;
  readonly count: number;
  readonly meanScore: number | null;
}

/** A tally as JSON. */
export interface StoredTally {
  readonly states: RowStates;
  readonly cells: StoredWhatIf;
  /** By bucket. */
  readonly counts: readonly number[];
  /** By bucket; `units` in decimal. */
  readonly sums: readonly { readonly units: string; readonly tooLarge: number }[];
}

/** Counts over rows; merging is exact, in any order. Failed rows are in `states` alone. */
export class Tally {
  readonly states: RowStates = { scored: 0, nullScores: 0, nanScores: 0, failed: 0 };
  readonly cube = new WhatIfCube();
  readonly #counts = new Float64Array(BUCKET_NAMES.length);
  readonly #sums: ExactSum[] = BUCKET_NAMES.map(() => NO_SUM);

  /** Adds rows of a bucket, by its place in `BUCKET_NAMES`. */
  addToBucket(place: number, count: number, sum: ExactSum): void {
    this.#counts[place]! += count;
    this.#sums[place] = addSums(this.#sums[place]!, sum);
  }

  merge(other: Tally): void {
    for (const state of Object.keys(this.states) as (keyof RowStates)[]) {
      this.states[state] += other.states[state];
    }
    this.cube.merge(other.cube);
    for (const [place, count] of other.#counts.entries()) this.addToBucket(place, count, other.#sums[place]!);
  }

  /** All that it holds, for `fromJSON`. */
  toJSON(): StoredTally {
    return {
      states: this.states,
      cells: this.cube.toJSON(),
      counts: [...this.#counts],
      sums: this.#sums.map(({ units, tooLarge }) => ({ units: String(units), tooLarge })),
    };
  }

  /**
   * @param path named in the error
   * @throws BowerbirdError BB_RUN_CORRUPT for what `toJSON` does not give
   */
  static fromJSON({ states, cells, counts, sums }: StoredTally, path: string): Tally {
    const tally = new Tally();
    tally.cube.merge(WhatIfCube.parse(JSON.stringify(cells), path));
    Object.assign(tally.states, states);
    for (const [place, { units, tooLarge }] of sums.entries())
      tally.addToBucket(place, counts[place]!, { units: BigInt(units), tooLarge });
    return tally;
  }

  get rows(): number {
    return Object.values(this.states).reduce((sum: number, count: number) => sum + count, 0);
  }

  /** All buckets, lowest first. */
  buckets(): BucketTally[] {
    return BUCKET_NAMES.map((bucket, place) => {
      const count = this.#counts[place]!;
      return { bucket, count, meanScore: meanOf(this.#sums[place]!, count) };
    });
  }

  /** The mean of all scores. */
  meanScore(): number | null {
    return meanOf(this.#sums.reduce(addSums, NO_SUM), this.states.scored);
  }
}
