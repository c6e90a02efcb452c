import type { SampleFailure } from '../samples/reasons.ts';

/** What a visit tells the schedule. */
export interface VisitTools {
  /** The request is over: its slot is free. */
  readonly over: () => void;
  readonly answered: () => void;
  readonly silent: () => void;
  readonly triedInVain: (ms: number, failure: SampleFailure) => void;
  readonly pause: (ms: number, failure: SampleFailure) => void;
  /** The request is over and all that it says of the host is said: the host may be sent another. */
  readonly left: () => void;
}

/**
 * Leave to send one request to a host, and what is learnt of the host by it. Its place at the host is free once the
 * request is over and judged: else a host that is about to be given up would be sent one more.
 */
export class Visit {
  readonly #tools: VisitTools;
  #isOver = false;
  #isJudged = false;
  #hasAnswer = false;

  constructor(tools: VisitTools) {
    this.#tools = tools;
  }

  /** Whether the host has sent the head of an answer. */
  get hasAnswer(): boolean {
    return this.#hasAnswer;
  }

  /** The host sent the head of an answer, whatever it says. */
  answered(): void {
    this.#hasAnswer = true;
    this.#tools.answered();
  }

  /** The row has ended, and this host never said a word. */
  silent(): void {
    this.#tools.silent();
  }

  /** The host said nothing, and the row will ask again after `ms`: a host that says nothing at all is given this rest. */
  triedInVain(ms: number, failure: SampleFailure): void {
    this.#tools.triedInVain(ms, failure);
  }

  /** The host is to be left alone for a while; `failure` is what becomes of rows for which that is too long. */
  pause(ms: number, failure: SampleFailure): void {
    this.#tools.pause(ms, failure);
  }

  /** The request is over. */
  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tools.over();
    if (this.#isJudged) this.#tools.left();
  }

  /** Nothing more will be said of the host. */
  judged(): void {
    if (this.#isJudged) return;
    this.#isJudged = true;
    if (this.#isOver) this.#tools.left();
  }
}
