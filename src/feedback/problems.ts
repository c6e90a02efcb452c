/** Why a line of a feedback file is no answer, each as half a sentence about the line. The list is closed: docs/feedback.md has all. */
export const LINE_PROBLEMS = {
  cut: 'it is cut off: its writer was stopped before it had ended the line',
  'too-long': 'it is longer than 65536 characters',
  'not-utf8': 'its bytes are no UTF-8',
  'not-json': 'it is no valid JSON',
  'not-object': 'it holds JSON that is no object',
  'unknown-version': 'its v is another than 1, so that a newer version of this program may have written it',
  'bad-id': 'its id is none: 1 to 64 of the characters A-Z a-z 0-9 . _ : -',
  'bad-question': 'its question is no name: a small letter, then up to 63 small letters, digits, _ or -',
  'bad-rater': 'its rater is no text of 1 to 64 characters without control characters',
  'bad-time': 'its time is none in UTC as 2026-11-30T09:15:00.250Z, of a day that exists',
  'bad-mode': 'its mode is none of pair, rating, keep, likes',
  'bad-answer': 'its answer is none that its mode has',
  'bad-sample': 'a sample in it has neither a hash (64-bit integer as a decimal text) nor a key',
  'same-sample': 'both sides of its pair are the same sample',
  'bad-detail':
    'its queue, seed, swapped or took_ms is of another type than it should be, or out of its range',
  'id-reused': 'its id is that of an earlier line that says something else',
} as const;

export type LineProblem = keyof typeof LINE_PROBLEMS;

/** A line that says nothing that can be used. */
export interface BadLine<Problem extends string = LineProblem> {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly problem: Problem;
}

/** How often each problem was met, and where first. */
export class ProblemCounts<Problem extends string = LineProblem> {
  readonly #unit: 'line' | 'row';
  readonly #texts: Readonly<Record<Problem, string>>;
  readonly #found = new Map<Problem, { count: number; first: BadLine<Problem> }>();

  /**
   * @param unit what is counted
   * @param texts the problems that there are, each as half a sentence
   */
  constructor(unit: 'line' | 'row', texts: Readonly<Record<Problem, string>>) {
    this.#unit = unit;
    this.#texts = texts;
  }

  add(bad: BadLine<Problem>): void {
    const found = this.#found.get(bad.problem);
    if (found) found.count++;
    else this.#found.set(bad.problem, { count: 1, first: bad });
  }

  get total(): number {
    return [...this.#found.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** In the order in which they were first met. */
  list(): readonly {
    readonly problem: Problem;
    readonly count: number;
    readonly first: BadLine<Problem>;
  }[] {
    return [...this.#found].map(([problem, { count, first }]) => ({ problem, count, first }));
  }

  /** A sentence for each. */
  notes(): string[] {
    return this.list().map(({ problem, count, first }) => {
      const where = `${count === 1 ? 'It is' : 'The first is'} ${this.#unit} ${first.line} of ${first.path}`;
      return `${count} ${this.#unit}${count === 1 ? ' is' : 's are'} passed over (${problem}). ${where}: ${this.#texts[problem]}.`;
    });
  }
}
