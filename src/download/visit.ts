import type { SampleFailure } from '../samples/reasons.ts';

/** Leave to send one request to a host, and what is learnt of the host by it. */
export interface Visit {
  /** Whether the host has sent the head of an answer. */
  readonly hasAnswer: boolean;
  /** The host sent the head of an answer, whatever it says. */
  answered(): void;
  /** The row has ended, and this host never said a word. */
  silent(): void;
  /** The host said nothing, and the row will ask again after `ms`: a host that says nothing at all is given this rest. */
  triedInVain(ms: number, failure: SampleFailure): void;
  /** The host is to be left alone for a while; `failure` is what becomes of rows for which that is too long. */
  pause(ms: number, failure: SampleFailure): void;
  /** The request is over. */
  over(): void;
  /** Nothing more will be said of the host. */
  judged(): void;
}
