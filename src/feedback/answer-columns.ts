import { type Answer, type PairAnswer, sampleId } from './answer.ts';
import { fingerprintOf } from './fingerprint.ts';
import { FingerprintTable } from './fingerprint-table.ts';

/** An answer in numbers. */
export interface AnswerRow {
  /** The sample, or of a pair the one that was met first. */
  readonly first: number;
  /** The other sample of a pair; -1 where there is none. */
  readonly second: number;
  readonly rater: number;
  /** A rating, likes, 1 keep and 0 leave; of a pair 1 where `first` is better, -1 where `second` is, 0 for a tie and for both bad. */
  readonly value: number;
  /** Of a pair: whether `first` was on the left. */
  readonly isFirstLeft: boolean;
  /** NaN where it is not known, as `tookMs`. */
  readonly timeMs: number;
  readonly tookMs: number;
}

/** The answers in one mode to one question, skipped ones left out: 34 bytes each, and 20 to 40 for each sample. */
export class AnswerColumns {
  readonly #samples = new FingerprintTable(0);
  readonly #raters = new Map<string, number>();
  #length = 0;
  #first = new Int32Array(64);
  #second = new Int32Array(64);
  #rater = new Int32Array(64);
  #value = new Float64Array(64);
  #isFirstLeft = new Uint8Array(64);
  #timeMs = new Float64Array(64);
  #tookMs = new Float32Array(64);

  /** Adds an answer that was not skipped. */
  add(answer: Answer): void {
    if (this.#length === this.#first.length) this.#grow();
    const row = this.#length++;
    this.#rater[row] = this.#raterOf(answer.rater);
    this.#timeMs[row] = answer.time === undefined ? Number.NaN : Date.parse(answer.time);
    this.#tookMs[row] = answer.tookMs ?? Number.NaN;
    if (answer.mode === 'pair') this.#addPair(row, answer);
    else {
      this.#first[row] = this.#sampleOf(sampleId(answer.sample));
      this.#second[row] = -1;
      this.#value[row] =
        answer.mode === 'keep' ? Number(answer.answer === 'keep') : (answer.answer as number);
    }
  }

  get length(): number {
    return this.#length;
  }

  /** How many samples the answers are about. */
  get sampleCount(): number {
    return this.#samples.size;
  }

  /** By number, in the order in which they were met. */
  get raters(): readonly string[] {
    return [...this.#raters.keys()];
  }

  row(row: number): AnswerRow {
    return {
      first: this.#first[row]!,
      second: this.#second[row]!,
      rater: this.#rater[row]!,
      value: this.#value[row]!,
      isFirstLeft: this.#isFirstLeft[row] === 1,
      timeMs: this.#timeMs[row]!,
      tookMs: this.#tookMs[row]!,
    };
  }

  /**
   * The answers about each sample or pair, in the order in which they were added.
   *
   * @param least samples and pairs of fewer answers are left out
   */
  *bySubject(least = 1): Generator<readonly AnswerRow[]> {
    const { order, starts } = this.#subjects();
    for (let i = 0; i + 1 < starts.length; i++) {
      const [from, to] = [starts[i]!, starts[i + 1]!];
      if (to - from >= least) yield Array.from(order.subarray(from, to), (row) => this.row(row));
    }
  }

  /** Calls `take` with each sample or pair and the sum of the values of its answers. */
  sumBySubject(take: (first: number, second: number, sum: number) => void): void {
    const { order, starts } = this.#subjects();
    for (let i = 0; i + 1 < starts.length; i++) {
      let sum = 0;
      for (let at = starts[i]!; at < starts[i + 1]!; at++) sum += this.#value[order[at]!]!;
      const row = order[starts[i]!]!;
      take(this.#first[row]!, this.#second[row]!, sum);
    }
  }

  /** All rows, those about one sample or pair together; and where each of these begins, and in the end their number. */
  #subjects(): { readonly order: Int32Array; readonly starts: Int32Array } {
    const all = Int32Array.from({ length: this.#length }, (_, row) => row);
    const order = this.#sorted(this.#sorted(all, this.#second), this.#first);
    const starts = new Int32Array(order.length + 1);
    let count = 0;
    for (let i = 0; i < order.length; i++)
      if (i === 0 || !this.#isSameSubject(order[i - 1]!, order[i]!)) starts[count++] = i;
    starts[count] = order.length;
    return { order, starts: starts.subarray(0, order.length > 0 ? count + 1 : 1) };
  }

  /** Rows by their samples in a column (-1: none); those of the same stay in their order. */
  #sorted(rows: Int32Array, samples: Int32Array): Int32Array {
    const places = new Int32Array(this.sampleCount + 2);
    for (const row of rows) places[samples[row]! + 2]!++;
    for (let i = 1; i < places.length; i++) places[i]! += places[i - 1]!;
    const order = new Int32Array(rows.length);
    for (const row of rows) order[places[samples[row]! + 1]!++] = row;
    return order;
  }

  #isSameSubject(a: number, b: number): boolean {
    return this.#first[a] === this.#first[b] && this.#second[a] === this.#second[b];
  }

  #addPair(row: number, { left, right, answer }: PairAnswer): void {
    const sides = [this.#sampleOf(sampleId(left)), this.#sampleOf(sampleId(right))] as const;
    const isFirstLeft = sides[0] < sides[1];
    this.#first[row] = Math.min(...sides);
    this.#second[row] = Math.max(...sides);
    this.#isFirstLeft[row] = isFirstLeft ? 1 : 0;
    const isLeft = answer === 'left' || answer === 'much-left';
    const isRight = answer === 'right' || answer === 'much-right';
    this.#value[row] = !isLeft && !isRight ? 0 : isLeft === isFirstLeft ? 1 : -1;
  }

  #sampleOf(id: string): number {
    return this.#samples.findOrAdd(fingerprintOf(id));
  }

  #raterOf(name: string): number {
    const known = this.#raters.get(name);
    if (known !== undefined) return known;
    this.#raters.set(name, this.#raters.size);
    return this.#raters.size - 1;
  }

  #grow(): void {
    const twice = <T extends Int32Array | Float64Array | Float32Array | Uint8Array>(old: T, fresh: T): T => {
      fresh.set(old);
      return fresh;
    };
    const length = 2 * this.#first.length;
    this.#first = twice(this.#first, new Int32Array(length));
    this.#second = twice(this.#second, new Int32Array(length));
    this.#rater = twice(this.#rater, new Int32Array(length));
    this.#value = twice(this.#value, new Float64Array(length));
    this.#isFirstLeft = twice(this.#isFirstLeft, new Uint8Array(length));
    this.#timeMs = twice(this.#timeMs, new Float64Array(length));
    this.#tookMs = twice(this.#tookMs, new Float32Array(length));
  }
}
