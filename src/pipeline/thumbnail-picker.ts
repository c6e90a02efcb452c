import { SharedBytes } from '../base/shared-blocks.ts';
import type { Crop } from '../embed/image-model.ts';
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

  /** @param crop undefined where an earlier run has made the picture; a copy is kept of one that is shared */
  offer(index: number, score: number, crop: Crop | undefined): void {
    if (!Number.isFinite(score)) return;
    const bucket = bucketOf(score);
    const list = this.#byBucket.get(bucket) ?? [];
    this.#byBucket.set(bucket, list);
    const rank = Number(BigInt.asUintN(53, this.#hashes[index]!));
    const row = { index, score, crop };
    keepBest(list, { ...row, rank }, ROWS_PER_BUCKET);
    if (this.#threshold === undefined) return;
    const side = score > this.#threshold ? this.#above : this.#below;
    keepBest(side, { ...row, rank: Math.abs(score - this.#threshold) }, ROWS_PER_THRESHOLD_SIDE);
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

interface Offered extends Omit<Candidate, 'crop'> {
  readonly crop: Crop | undefined;
}

function keepBest(list: Candidate[], { crop, ...row }: Offered, limit: number): void {
  if (list.length === limit && inOrder(list[limit - 1]!, row) < 0) return;
  list.push({ ...row, crop: crop instanceof SharedBytes ? crop.read() : crop });
  list.sort(inOrder);
  list.length = Math.min(list.length, limit);
}

function inOrder(a: Pick<Candidate, 'rank' | 'index'>, b: Pick<Candidate, 'rank' | 'index'>): number {
  return a.rank - b.rank || a.index - b.index;
}
