/** That a row was refused by a host which asked for fewer requests. */
export interface Refusal {
  /** Of the host. */
  readonly pace: object;
  /** What the host had served until then. */
  readonly served: number;
  /** How often the row was refused again though the host had served others in between. */
  readonly passedOver: number;
  /** Whether it was for the number of requests, as far as can be told: others were in flight, it has a pace, or the row found out whether it still wanted fewer. */
  readonly isOfNumber: boolean;
  /** Whether it tried, for all rows, how long the host wants to be left alone, which that has not said. */
  readonly isGuess: boolean;
  /** Whether the host is left alone for it: not where it refuses such a share of its images at any pace. */
  readonly hasPaused: boolean;
}

/** A row that a host has refused. */
export interface RefusedRow {
  /** How long it waits before it asks again. */
  readonly waitMs?: number | undefined;
  /** What was said when the same row was refused before. */
  readonly earlier?: Refusal | undefined;
}

/** Leave to send one request to a host, and what is learnt of the host by it. */
export interface Visit {
  /** Whether the host has sent the head of an answer. */
  readonly hasAnswer: boolean;
  /** Whether the host has ever answered. */
  readonly isKnown: boolean;
  /** Whether the host has answered others since this request began, and not this one. */
  readonly hasAnsweredOthers: boolean;
  /** Whether the host has ended answers to others since this request began: where this one's does not end, it is the image's fault. */
  readonly hasEndedOthers: boolean;
  /** How long of the time since this request began the host still answered others that had begun before, in ms. */
  busyMs(): number;
  /** The host sent the head of an answer, whatever it says. */
  answered(): void;
  /** The body of an answer has begun to come. */
  bytesCame(): void;
  /** The answer came to its end, whatever it was. */
  ended(): void;
  /** The row has ended, and this host never said a word. */
  silent(): void;
  /** The row has ended since its time was up, and this host had begun its answer. */
  stalled(): void;
  /** The host said nothing, and the row will ask again after `ms`: a host that says nothing at all is given this rest. */
  triedInVain(ms: number): void;
  /** The host is to be left alone for a while. */
  pause(ms: number): void;
  /**
   * The host asks for fewer requests: it is left alone for a while, and for longer each time in a row.
   *
   * @param saidMs for how long, as it says; 0 where it does not
   */
  overloaded(saidMs: number, row?: RefusedRow): Refusal;
  /**
   * The host hung up before it answered, or said 503: it may take so many requests at once and no more. Says whether that may be, since others
   * were in flight.
   */
  crowdedOut(): boolean;
  /** Whether the host hangs up on all, or says 503 to all, whatever their number. */
  readonly isRefusedAsAll: boolean;
  /**
   * The host says 503 to all, and no time: it is left alone for a while, and for longer each time in a row. False once it was waited for
   * as long as one image may take.
   */
  unavailable(): boolean;
  /** The request is over. */
  over(): void;
  /** Nothing more will be said of the host. */
  judged(): void;
}
