/** How fast answers come in this session: pauses do not count. */
export class SessionFigures {
  readonly #pauseMs = 60_000;
  readonly #fewest = 3;
  /** Time spent on each answer, in milliseconds. */
  #spentMs: number[] = [];

  add(tookMs: number): void {
    this.#spentMs.push(Math.min(tookMs, this.#pauseMs));
  }

  /** The last one was taken back. */
  drop(): void {
    this.#spentMs.pop();
  }

  get answers(): number {
    return this.#spentMs.length;
  }

  /** Answers an hour; undefined before there are some. */
  get anHour(): number | undefined {
    const sumMs = this.#spentMs.reduce((sum, ms) => sum + ms, 0);
    return this.answers < this.#fewest || sumMs === 0
      ? undefined
      : Math.round((3_600_000 * this.answers) / sumMs);
  }
}
