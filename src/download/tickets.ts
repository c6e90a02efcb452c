import type { SampleFailure } from '../samples/reasons.ts';
import type { Visit } from './visit.ts';

/** A row that waits for leave to send a request to a host. Exactly one of its two ends is called, unless it is given up. */
export interface Ticket {
  /** The row's place in the order in which rows came: the lowest goes first. */
  readonly order: number;
  /** Set by whoever no longer wants it. */
  isGivenUp: boolean;
  /** The request may be sent now. */
  readonly admit: (visit: Visit) => void;
  /** No request will be sent. */
  readonly refuse: (failure: SampleFailure) => void;
}

/** The ticket of a row that wants to know one thing: its visit, or why there is none. */
export function ticketOf(order: number, settle: (outcome: Visit | SampleFailure) => void): Ticket {
  return { order, isGivenUp: false, admit: settle, refuse: settle };
}

/** Where the gap at the front is closed: seldom, and before it holds much. */
const MAX_GAP = 1024;

/** Tickets in the order in which they came. */
export class TicketQueue {
  /** Taken ones, up to the first that is left, have given up their places: a host that always has rows would keep them all. */
  #tickets: (Ticket | undefined)[] = [];
  #first = 0;

  push(ticket: Ticket): void {
    this.#tickets.push(ticket);
  }

  /** Tickets that wait; of those that are no longer wanted some may be among them. */
  get size(): number {
    return this.#tickets.length - this.#first;
  }

  /** The first that is still wanted. */
  head(): Ticket | undefined {
    while (this.#tickets[this.#first]?.isGivenUp) this.#drop();
    return this.#tickets[this.#first];
  }

  /** Takes `head` out. */
  shift(): void {
    this.#drop();
  }

  /** Takes all out that are still wanted. */
  clear(): Ticket[] {
    const left = this.#tickets.filter((ticket): ticket is Ticket => ticket?.isGivenUp === false);
    this.#tickets = [];
    this.#first = 0;
    return left;
  }

  #drop(): void {
    this.#tickets[this.#first] = undefined;
    this.#first++;
    if (this.#first < this.#tickets.length && this.#first < MAX_GAP) return;
    this.#tickets.splice(0, this.#first);
    this.#first = 0;
  }
}
