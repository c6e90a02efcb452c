const FROM = -5;
const TO = 15;
const BINS_PER_POINT = 10;
const BIN_COUNT = (TO - FROM) * BINS_PER_POINT;

/** A histogram as it is stored: the bins that hold something, and what lies outside of all bins. */
export interface StoredHistogram {
  /** `[i, count, kept]`: the bin [from + i * width, from + (i + 1) * width). */
  readonly bins: readonly (readonly [number, number, number])[];
  readonly from: number;
  readonly width: number;
  readonly below: number;
  readonly above: number;
}

/** One bin, half-open [from, to). */
export interface HistogramBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly kept: number;
}

/** Counts of scores in bins of 0.1 from -5 to 15; merging is exact, and bins add up to score buckets. */
export class Histogram {
  readonly #counts = new Float64Array(BIN_COUNT);
  readonly #kept = new Float64Array(BIN_COUNT);
  #below = 0;
  #above = 0;

  /** @throws RangeError for NaN */
  add(score: number, kept: boolean): void {
    const bin = binOf(score);
    if (bin < 0) this.#below++;
    else if (bin >= BIN_COUNT) this.#above++;
    else {
      this.#counts[bin]!++;
      if (kept) this.#kept[bin]!++;
    }
  }

  merge(stored: StoredHistogram): void {
    for (const [i, count, kept] of stored.bins) {
      this.#counts[i]! += count;
      this.#kept[i]! += kept;
    }
    this.#below += stored.below;
    this.#above += stored.above;
  }

  /** The bins from the first to the last that holds something. */
  bins(): readonly HistogramBin[] {
    const all = Array.from(this.#counts, (count, i) => ({
      from: edge(i),
      to: edge(i + 1),
      count,
      kept: this.#kept[i]!,
    }));
    const first = all.findIndex(({ count }) => count > 0);
    const last = all.findLastIndex(({ count }) => count > 0);
    return first < 0 ? [] : all.slice(first, last + 1);
  }

  toJSON(): StoredHistogram {
    const bins = Array.from(this.#counts, (count, i) => [i, count, this.#kept[i]!] as const);
    return {
      bins: bins.filter(([, count]) => count > 0),
      from: FROM,
      width: 1 / BINS_PER_POINT,
      below: this.#below,
      above: this.#above,
    };
  }
}

/**
 * Scaled before it is shifted: a score just under a whole number cannot round up to it then (ten of its steps are
 * more than half a step of the product), so it stays in its bucket's bins.
 */
function binOf(score: number): number {
  if (Number.isNaN(score)) throw new RangeError('NaN lies in no bin');
  return Math.floor(score * BINS_PER_POINT) - FROM * BINS_PER_POINT;
}

/** Divided last, which gives the double nearest to the edge. */
function edge(bin: number): number {
  return (FROM * BINS_PER_POINT + bin) / BINS_PER_POINT;
}
