import { TallyError } from './errors.ts';
import { type HighDigits, LowDigits } from './score-digits.ts';

/** A share of the scored rows, as a fraction: 0.7 * 10 is not 7 in doubles. */
export interface Share {
  readonly text: string;
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The least score that at least this share of the scored rows does not exceed. */
export interface Quantile {
  readonly share: string;
  readonly score: number;
}

/** A share from its decimal, 0 to 1; undefined for anything else. */
export function parseShare(text: string): Share | undefined {
  const match = /^(\d{1,9})(?:\.(\d{1,15}))?$/.exec(text);
  if (!match) return undefined;
  const digits = match[2] ?? '';
  const denominator = 10n ** BigInt(digits.length);
  const numerator = BigInt(match[1]!) * denominator + BigInt(digits || '0');
  return numerator <= denominator ? { text, numerator, denominator } : undefined;
}

/** A quantile's row: counted from 1 in order of scores among those with the same upper digit. */
interface Target {
  readonly share: string;
  readonly high: number;
  readonly rank: number;
}

/**
 * Exact quantiles by a second look at the scores alone: the first one says which upper digit (score-digits.ts) each has, and
 * only of those the lower digits are counted.
 */
export class QuantileSearch {
  readonly #targets: readonly Target[];
  readonly #highs: readonly number[];
  /** Rows with one of those digits. */
  readonly #rows: number;
  readonly #low: LowDigits;

  constructor({ counts }: HighDigits, shares: readonly Share[]) {
    this.#targets = targetsOf(counts, shares);
    this.#highs = [...new Set(this.#targets.map(({ high }) => high))];
    this.#rows = this.#highs.reduce((sum, high) => sum + counts[high]!, 0);
    this.#low = new LowDigits(this.#highs);
  }

  /** Whether there is anything to look for. */
  get isNeeded(): boolean {
    return this.#targets.length > 0;
  }

  /** Adds scores, some at a time, or, where one fails to come, none. */
  async add(parts: AsyncIterable<Float32Array> | Iterable<Float32Array>): Promise<void> {
    const found = this.#low.fresh();
    for await (const scores of parts) found.add(scores);
    this.#low.merge(found);
  }

  /** Adds scores that are counted already. */
  addCounted(scores: Float32Array, counts: BigInt64Array): void {
    this.#low.addCounted(scores, counts);
  }

  /** @throws TallyError BB_SHARD_READ where the second look found other rows than the first */
  find(): Quantile[] {
    const seen = this.#highs.reduce((sum, high) => sum + this.#low.countOf(high), 0);
    if (seen !== this.#rows) {
      throw new TallyError(
        'BB_SHARD_READ',
        `Inputs changed while they were counted: ${this.#rows} scores became ${seen}. Run the same command again.`,
      );
    }
    return this.#targets.map(({ share, high, rank }) => ({ share, score: this.#low.scoreOf(high, rank) }));
  }
}

function targetsOf(counts: Float64Array, shares: readonly Share[]): Target[] {
  const total = BigInt(counts.reduce((sum, count) => sum + count, 0));
  if (total === 0n) return [];
  return shares.map(({ text, numerator, denominator }) => {
    const wanted = (numerator * total + denominator - 1n) / denominator;
    let rank = Number(wanted === 0n ? 1n : wanted);
    let high = 0;
    while (rank > counts[high]!) rank -= counts[high++]!;
    return { share: text, high, rank };
  });
}
