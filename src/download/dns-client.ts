import type { Clock } from '../base/clock.ts';
import { DnsLink, type DnsServer } from './dns-link.ts';
import { type DnsQuestion, type DnsReply, failedAnswer } from './dns-message.ts';

/** How name servers are asked. */
export interface DnsClientOptions {
  /** In the order in which they are asked; at least one. */
  readonly servers: readonly DnsServer[];
  /** What one question may take, over all servers and tries. */
  readonly timeoutMs: number;
  /** Questions that were just sent; more would overflow the buffers of sockets. */
  readonly maxInFlight: number;
  readonly clock: Clock;
}

/** Each server is asked twice, and a single one four times, since packets get lost. */
const TRIES_PER_SERVER = 2;
const LEAST_TRIES = 4;

/**
 * Asks name servers: one after the other, the next as soon as one fails or has been silent for its share of the time.
 * Whatever was asked is heard to the end: an answer that comes late is as good. A server that has failed comes last.
 */
export class DnsClient {
  readonly #options: DnsClientOptions;
  readonly #links: DnsLink[];
  readonly #waiting = new Set<Inquiry>();
  readonly #running = new Set<Inquiry>();
  #inFlight = 0;
  #onRetired: (() => void) | undefined;

  constructor(options: DnsClientOptions) {
    this.#options = options;
    this.#links = options.servers.map((server) => new DnsLink(server));
  }

  /** @param timeoutMs what it may take, where that is less than usual */
  ask(question: DnsQuestion, timeoutMs = this.#options.timeoutMs): Promise<DnsReply> {
    return new Promise((resolve) => {
      const inquiry: Inquiry = new Inquiry(
        question,
        { ...this.#options, timeoutMs },
        {
          settled: (answer) => {
            this.#running.delete(inquiry);
            resolve(answer);
            this.#closeIfRetired();
          },
          // Who waits for a slow server is in nobody's way any more.
          leave: () => {
            this.#inFlight--;
            this.#startWaiting();
          },
        },
      );
      this.#waiting.add(inquiry);
      this.#startWaiting();
    });
  }

  /** Answers what it was asked, then closes: it will be asked nothing more. */
  retire(onClosed: () => void): void {
    this.#onRetired = onClosed;
    this.#closeIfRetired();
  }

  /** Ends what is being asked as failed. */
  close(): void {
    const all = [...this.#waiting, ...this.#running];
    this.#waiting.clear();
    for (const inquiry of all) inquiry.settle(failedAnswer('no longer wanted'));
    for (const link of this.#links) link.close();
  }

  #closeIfRetired(): void {
    if (!this.#onRetired || this.#running.size > 0 || this.#waiting.size > 0) return;
    for (const link of this.#links) link.close();
    this.#onRetired();
  }

  #startWaiting(): void {
    for (const inquiry of this.#waiting) {
      if (this.#inFlight >= this.#options.maxInFlight) return;
      this.#waiting.delete(inquiry);
      this.#running.add(inquiry);
      this.#inFlight++;
      inquiry.start([...this.#links].sort((a, b) => a.faults - b.faults));
    }
  }
}

interface Callbacks {
  readonly settled: (answer: DnsReply) => void;
  readonly leave: () => void;
}

/** One question on its way. */
class Inquiry {
  readonly #question: DnsQuestion;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #callbacks: Callbacks;
  readonly #stops: (() => void)[] = [];
  #order: readonly DnsLink[] = [];
  #tries = 0;
  #failures = 0;
  #why = 'no name server answered';
  #isSilent = true;
  #isSettled = false;
  #isInFlight = false;
  #cancel: (() => void) | undefined;

  constructor(question: DnsQuestion, { clock, timeoutMs }: DnsClientOptions, callbacks: Callbacks) {
    this.#question = question;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#callbacks = callbacks;
  }

  start(order: readonly DnsLink[]): void {
    this.#order = order;
    this.#isInFlight = true;
    this.#try();
  }

  settle(answer: DnsReply): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#cancel?.();
    for (const stop of this.#stops) stop();
    this.#leave();
    this.#callbacks.settled(answer);
  }

  get #maxTries(): number {
    return Math.max(LEAST_TRIES, TRIES_PER_SERVER * this.#order.length);
  }

  #try(): void {
    const link = this.#order[this.#tries % this.#order.length]!;
    this.#tries++;
    this.#cancel?.();
    this.#cancel = this.#clock.after(this.#timeoutMs / this.#maxTries, () => this.#silence(link));
    const number = this.#tries;
    this.#stops.push(link.ask(this.#question, (answer) => this.#hear(answer, link, number)));
  }

  #hear(answer: DnsReply, link: DnsLink, number: number): void {
    if (this.#isSettled) return;
    if (answer.kind !== 'failed') {
      link.faults = 0;
      this.settle(answer);
      return;
    }
    link.faults++;
    this.#why = answer.why;
    this.#isSilent &&= answer.isSilent;
    this.#failures++;
    if (this.#failures >= TRIES_PER_SERVER * this.#order.length) this.#fail();
    else if (number === this.#tries && this.#tries < this.#maxTries) this.#try();
  }

  #silence(link: DnsLink): void {
    link.faults++;
    this.#leave();
    if (this.#tries < this.#maxTries) this.#try();
    else this.#fail();
  }

  #fail(): void {
    this.settle({ kind: 'failed', why: this.#why, isSilent: this.#isSilent });
  }

  #leave(): void {
    if (!this.#isInFlight) return;
    this.#isInFlight = false;
    this.#callbacks.leave();
  }
}
