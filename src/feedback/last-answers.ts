import type { Answer } from './answer.ts';

/** So many of the last answers of each rater are held. */
const MOST = 100;

/** Where the line of an answer lies in its file. */
export interface LinePlace {
  readonly position: number;
  readonly byteLength: number;
}

/** The last answers of a rater. Of those that come in great numbers, when a file is read, only the places are held until that is over. */
export class LastAnswers {
  /** A ring; of each answer the number by which it may be taken out again, and itself or its place. */
  readonly #numbers = new Int32Array(MOST);
  readonly #answers: (Answer | undefined)[] = [];
  readonly #positions = new Float64Array(MOST);
  readonly #byteLengths = new Int32Array(MOST);
  #end = 0;
  #size = 0;

  /** Oldest first; at most 100. Those whose place alone is known are not among them. */
  get list(): Answer[] {
    return this.#slots().flatMap((slot) => this.#answers[slot] ?? []);
  }

  push(number: number, answer: Answer): void {
    this.#answers[this.#take(number)] = answer;
  }

  pushPlace(number: number, position: number, byteLength: number): void {
    const slot = this.#take(number);
    this.#answers[slot] = undefined;
    this.#positions[slot] = position;
    this.#byteLengths[slot] = byteLength;
  }

  /** Takes an answer out, where it is there. */
  remove(number: number): void {
    const slots = this.#slots();
    const at = slots.findLastIndex((slot) => this.#numbers[slot] === number);
    if (at < 0) return;
    for (let i = at; i + 1 < slots.length; i++) this.#move(slots[i + 1]!, slots[i]!);
    this.#size--;
    this.#end = (this.#end + MOST - 1) % MOST;
  }

  /** Puts answers where places are. */
  async settle(answerAt: (place: LinePlace) => Promise<Answer>): Promise<void> {
    for (const slot of this.#slots()) {
      const place = { position: this.#positions[slot]!, byteLength: this.#byteLengths[slot]! };
      this.#answers[slot] ??= await answerAt(place);
    }
  }

  #take(number: number): number {
    const slot = this.#end;
    this.#end = (slot + 1) % MOST;
    this.#size = Math.min(MOST, this.#size + 1);
    this.#numbers[slot] = number;
    return slot;
  }

  #move(from: number, to: number): void {
    this.#numbers[to] = this.#numbers[from]!;
    this.#answers[to] = this.#answers[from];
    this.#positions[to] = this.#positions[from]!;
    this.#byteLengths[to] = this.#byteLengths[from]!;
  }

  /** Of the oldest first. */
  #slots(): number[] {
    const first = this.#end - this.#size + MOST;
    return Array.from({ length: this.#size }, (_, i) => (first + i) % MOST);
  }
}
