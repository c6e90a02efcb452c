import type { Dispatcher } from 'undici';
import { Body } from './body.ts';
import type { BodyBudget, BodyLease } from './body-budget.ts';
import { type Deadline, type GiveUp, LimitPassedError, type Settle } from './deadline.ts';
import { failed, failureOf } from './failures.ts';
import type { OptOutRule } from './opt-out.ts';
import type { Requester } from './proxied-requests.ts';
import { contentLengthOf, type Headers, judgeHead, type Reply } from './reply.ts';

/** What all exchanges share. */
export interface ExchangeTools {
  readonly dispatcher: Requester;
  readonly userAgent: string;
  readonly optOutOf: OptOutRule;
  readonly maxBytes: number;
  readonly budget: BodyBudget;
  readonly limits: AnswerLimits;
}

/** How long an answer may take, in ms. */
export interface AnswerLimits {
  /** From the request to the whole head. */
  readonly headersTimeoutMs: number;
  /** From one piece of the body to the next. */
  readonly bodyIdleTimeoutMs: number;
}

/** What is told of an exchange while it goes. */
export interface ExchangeEvents {
  /** The head of an answer has come. */
  readonly onHead: () => void;
  /** The connection is free again, which may be a little after the answer. */
  readonly onOver: () => void;
}

/** The body of a refusal is read up to this, so that its connection can be used again; longer ones are cut off. */
const MAX_DRAINED_BYTES = 16 * 1024;
const MAX_DRAIN_MS = 1_000;

/**
 * One request and its answer. Never throws for what a host does; rejects when the deadline or its signal ends it.
 */
export async function exchange(
  tools: ExchangeTools,
  url: URL,
  deadline: Deadline,
  events: ExchangeEvents,
): Promise<Reply> {
  try {
    return await ask(tools, url, deadline, events);
  } catch (thrown) {
    if (thrown instanceof LimitPassedError) return { kind: 'failed', failure: failureOf(thrown, 'connect') };
    throw thrown;
  }
}

function ask(tools: ExchangeTools, url: URL, deadline: Deadline, events: ExchangeEvents): Promise<Reply> {
  return deadline.wait<Reply>((settle) => {
    const handler = new ExchangeHandler(tools, deadline, settle, events);
    try {
      tools.dispatcher.dispatch(
        {
          origin: url.origin,
          path: url.pathname + url.search,
          method: 'GET',
          headers: { 'user-agent': tools.userAgent, accept: 'image/*,*/*;q=0.5' },
        },
        handler,
      );
    } catch (thrown) {
      handler.onResponseError(undefined, thrown);
    }
    return handler.giveUp;
  });
}

/**
 * undici calls this as the answer arrives. Raw dispatch, because it is the cheapest and lets the body wait for
 * memory; the answer is settled early (a refusal) or at its end (an image).
 */
class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #tools: ExchangeTools;
  readonly #deadline: Deadline;
  readonly #settle: Settle<Reply>;
  readonly #events: ExchangeEvents;
  #controller: Dispatcher.DispatchController | undefined;
  #body: Body | undefined;
  #lease: BodyLease | undefined;
  #isSettled = false;
  #drainedBytes = 0;
  #drainTimer: NodeJS.Timeout | undefined;

  constructor(tools: ExchangeTools, deadline: Deadline, settle: Settle<Reply>, events: ExchangeEvents) {
    this.#tools = tools;
    this.#deadline = deadline;
    this.#settle = settle;
    this.#events = events;
  }

  /** Frees what the exchange holds. A request still waiting for its connection is dropped when that comes. */
  readonly giveUp: GiveUp = () => {
    this.#isSettled = true;
    this.#lease?.release();
    this.#abort();
    this.#events.onOver();
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isSettled) this.#abort();
    else this.#deadline.limit('head', this.#tools.limits.headersTimeoutMs);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#events.onHead();
    this.#deadline.limit('idle', this.#tools.limits.bodyIdleTimeoutMs);
    const refusal = judgeHead(status, headers, this.#tools);
    if (refusal) this.#refuse(refusal);
    else this.#accept(contentLengthOf(headers));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body && this.#lease) this.#keep(chunk, this.#body, this.#lease);
    else this.#drain(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#drainTimer);
    if (!this.#isSettled) this.#answer(this.#bodyReply());
    this.#events.onOver();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, thrown: unknown): void {
    clearTimeout(this.#drainTimer);
    if (!this.#isSettled) {
      const isOurFault = this.#lease?.isWaiting === true;
      this.#lease?.release();
      const failure = failureOf(thrown, this.#lease ? 'body' : 'connect');
      this.#answer({ kind: 'failed', failure, ...(isOurFault && { isOurFault }) });
    }
    this.#events.onOver();
  }

  #refuse(reply: Reply): void {
    this.#drainTimer = setTimeout(() => this.#abort(), MAX_DRAIN_MS);
    this.#answer(reply);
  }

  #accept(length: number | undefined): void {
    this.#lease = this.#tools.budget.lease();
    this.#body = new Body(length);
  }

  #keep(chunk: Buffer, body: Body, lease: BodyLease): void {
    this.#deadline.limit('idle', this.#tools.limits.bodyIdleTimeoutMs);
    const bytes = Math.min(body.capacityFor(body.length + chunk.length), this.#tools.maxBytes);
    this.#whenGranted(lease.grow(bytes), () => body.append(chunk));
  }

  #bodyReply(): Reply {
    const lease = this.#lease;
    if (!this.#body || !lease || this.#body.length === 0) {
      lease?.release();
      return { kind: 'failed', failure: failed('response_empty') };
    }
    const bytes = this.#body.finish();
    lease.settle(bytes.length);
    return { kind: 'body', bytes, release: () => lease.release() };
  }

  /** Goes on at once, or holds the body back until its bytes are granted: the wait is ours, so the clock stands. */
  #whenGranted(granted: Promise<void> | undefined, goOn: () => void): void {
    if (!granted) {
      goOn();
      return;
    }
    this.#controller?.pause();
    this.#deadline.pause();
    void granted.then(() => {
      if (this.#isSettled) return;
      this.#deadline.resume();
      goOn();
      this.#controller?.resume();
    });
  }

  #drain(chunk: Buffer): void {
    this.#drainedBytes += chunk.length;
    if (this.#drainedBytes > MAX_DRAINED_BYTES) this.#abort();
  }

  #answer(reply: Reply): void {
    this.#isSettled = true;
    // The host may have hung up while its body waited for memory.
    this.#deadline.resume();
    this.#settle.resolve(reply);
  }

  #abort(): void {
    this.#controller?.abort(new Error('no longer wanted'));
  }
}
