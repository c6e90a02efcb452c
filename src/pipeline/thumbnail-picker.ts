import { type BucketName, bucketOf } from '../scores/bucket-names.ts';

/** A row whose picture the report may show. */
export interface PickedRow {
  readonly index: number;
  readonly score: number;
  /** size*size*3 RGB bytes; undefined where an earlier run has made the picture. */
  readonly crop: Uint8Array | undefined;
}

interface Candidate extends PickedRow {
  /** The lower, the sooner chosen. */
  readonly rank: number;
}

const ROWS_PER_BUCKET = 3;
const ROWS_PER_THRESHOLD_SIDE = 4;

/**
 * Chooses the rows of a shard that the report may show: some of each score bucket, and those closest to
 * the aesthetic threshold on either side. The choice depends on the rows alone (ranked by hash within a
 * bucket), never on the order in which they arrive, and holds only the crops of the present candidates.
 */
export class ThumbnailPicker {
  readonly #hashes: BigInt64Array;
  readonly #threshold: number | undefined;
  readonly #byBucket = new Map<BucketName, Candidate[]>();
  readonly #above: Candidate[] = [];
  readonly #below: Candidate[] = [];

  constructor(hashes: BigInt64Array, threshold: number | undefined) {
    this.#hashes = hashes;
    this.#threshold = threshold;
  }

  offer(index: number, score: number, crop: Uint8Array | undefined): void {
    if (!Number.isFinite(score)) return;
    const bucket = bucketOf(score);
    const list = this.#byBucket.get(bucket) ?? [];
    this.#byBucket.set(bucket, list);
    const rank = Number(BigInt.asUintN(53, this.#hashes[index]!));
    keepBest(list, { index, score, crop, rank }, ROWS_PER_BUCKET);
    if (this.#threshold === undefined) return;
    const side = score > this.#threshold ? this.#above : this.#below;
    keepBest(side, { index, score, crop, rank: Math.abs(score - this.#threshold) }, ROWS_PER_THRESHOLD_SIDE);
  }

  /** The chosen rows, by index, each once. */
  picked(): PickedRow[] {
    const rows = new Map<number, PickedRow>();
    for (const list of [...this.#byBucket.values(), this.#above, this.#below]) {
      for (const row of list) rows.set(row.index, row);
    }
    return [...rows.values()].sort((a, b) => a.index - b.index);
  }
}

function keepBest(list: Candidate[], candidate: Candidate, limit: number): void {
  list.push(candidate);
  list.sort((a, b) => a.rank - b.rank || a.index - b.index);
  list.length = Math.min(list.length, limit);
}
