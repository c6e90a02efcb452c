import type { Dispatcher } from 'undici';
import type { Agents } from './agent.ts';
import { Body } from './body.ts';
import type { BodyBudget, BodyLease } from './body-budget.ts';
import { type ContentCoding, ContentDecoder } from './content-decoder.ts';
import type { Deadline, GiveUp, Settle } from './deadline.ts';
import { failed, failureOf, hasHungUp } from './failures.ts';
import { MAX_INTERIM_ANSWERS } from './head-mender.ts';
import { isUnheard } from './kept-connections.ts';
import type { OptOutRule } from './opt-out.ts';
import type { RequestHandler } from './proxied-requests.ts';
import { codingOf, contentLengthOf, type Headers, judgeHead, type Reply } from './reply.ts';

/** What all exchanges share. */
export interface ExchangeTools {
  readonly agents: Agents;
  readonly userAgent: string;
  readonly optOutOf: OptOutRule;
  readonly maxBytes: number;
  /** Whether of a longer body the first `maxBytes` are taken, and a 204 is a body without a byte: so are files of text. */
  readonly isFile: boolean;
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
  /** How long of the time since the row's turn the host was busy with requests that began before, in ms. */
  readonly busyMs: () => number;
  /** The head of an answer has come. */
  readonly onHead: (headers: Headers) => void;
  /** The first bytes of a body that is wanted have come. */
  readonly onBytes: () => void;
  /** The connection can carry another request or is closed, which may be a little after the answer. May be called again. */
  readonly onOver: () => void;
}

/** The body of a refusal is read up to this, so that its connection can be used again; longer ones are cut off. */
const MAX_DRAINED_BYTES = 16 * 1024;
const MAX_DRAIN_MS = 1_000;

/**
 * undici calls this as the answer arrives. Raw dispatch, because it is the cheapest and lets the body wait for
 * memory; the answer is settled early (a refusal) or at its end (an image).
 */
export class ExchangeHandler implements RequestHandler {
  readonly #tools: ExchangeTools;
  readonly #deadline: Deadline;
  readonly #settle: Settle<Reply>;
  readonly #events: ExchangeEvents;
  #controller: Dispatcher.DispatchController | undefined;
  #body: Body | undefined;
  #lease: BodyLease | undefined;
  #decoder: ContentDecoder | undefined;
  #hasBytes = false;
  #isSettled = false;
  #isAnswerWhole = false;
  #isAborting = false;
  #codedBytes = 0;
  #interimAnswers = 0;
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
    this.#decoder?.destroy();
    this.#abort();
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isSettled) this.#abort();
    else this.#limitHead();
  }

  /** A host that works on one request after the other has time for each: we sent it more than one. */
  #limitHead(): void {
    const { busyMs } = this.#events;
    const beforeMs = busyMs();
    this.#deadline.limit('head', this.#tools.limits.headersTimeoutMs, () => busyMs() - beforeMs);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) {
      if (++this.#interimAnswers > MAX_INTERIM_ANSWERS) this.#cutOff(failed('response_invalid'));
      return;
    }
    this.#events.onHead(headers);
    this.#deadline.limit('idle', this.#tools.limits.bodyIdleTimeoutMs);
    const refusal = judgeHead(status, headers, this.#tools);
    if (refusal) this.#refuse(refusal);
    else this.#accept(contentLengthOf(headers), codingOf(headers));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isSettled || !this.#lease) this.#drain(chunk);
    else this.#receive(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#drainTimer);
    this.#isAnswerWhole = true;
    if (this.#decoder && !this.#isSettled) this.#decoder.end();
    else if (!this.#isSettled) this.#answer(this.#bodyReply());
  }

  /** Until then a next request to the host would take a connection more. */
  onConnectionFree(): void {
    if (this.#isAnswerWhole) this.#events.onOver();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, thrown: unknown): void {
    clearTimeout(this.#drainTimer);
    if (!this.#isSettled) this.#fail(thrown);
    if (!this.#isAborting) this.#events.onOver();
  }

  #fail(thrown: unknown): void {
    const failure = failureOf(thrown, this.#lease ? 'body' : 'connect');
    const isUnread = !this.#lease && (isUnheard(thrown) || failure.reason === 'response_invalid');
    const isOurFault = this.#lease?.isWaiting === true;
    const isHungUp = !this.#lease && hasHungUp(thrown);
    this.#lease?.release();
    this.#decoder?.destroy();
    this.#answer({
      kind: 'failed',
      failure,
      ...(isOurFault && { isOurFault }),
      ...(isUnread && { isUnread }),
      ...(isHungUp && { isHungUp }),
    });
  }

  #receive(chunk: Buffer): void {
    if (!this.#hasBytes) {
      this.#hasBytes = true;
      this.#events.onBytes();
    }
    this.#deadline.limit('idle', this.#tools.limits.bodyIdleTimeoutMs);
    if (this.#decoder) this.#decode(this.#decoder, chunk);
    else this.#keep(chunk);
  }

  /** What is coded may come to nothing: its own bytes are bounded too. */
  #decode(decoder: ContentDecoder, chunk: Buffer): void {
    this.#codedBytes += chunk.length;
    if (this.#codedBytes > this.#tools.maxBytes) this.#cutOff(failed('response_too_large'));
    else decoder.write(chunk);
  }

  #refuse(reply: Reply): void {
    this.#drainLater();
    this.#answer(reply);
  }

  /** An answer of which no more is wanted may go on for ever. */
  #drainLater(): void {
    if (!this.#isAnswerWhole) this.#drainTimer = setTimeout(() => this.#abort(), MAX_DRAIN_MS);
  }

  #accept(length: number | undefined, coding: ContentCoding | undefined): void {
    this.#lease = this.#tools.budget.lease();
    this.#body = new Body(coding ? undefined : length);
    if (coding) this.#decoder = this.#decoderFor(coding);
  }

  #decoderFor(coding: ContentCoding): ContentDecoder {
    return new ContentDecoder(coding, {
      onPiece: (bytes) => this.#keep(bytes),
      onEnd: () => {
        if (this.#isSettled) return;
        this.#drainLater();
        this.#answer(this.#bodyReply());
      },
      onBroken: () => this.#cutOff(failed('response_invalid', 'The encoding of the image is broken')),
    });
  }

  #keep(bytes: Buffer): void {
    const [body, lease] = [this.#body, this.#lease];
    if (this.#isSettled || !body || !lease) return;
    const { maxBytes, isFile } = this.#tools;
    const length = body.length + bytes.length;
    if (length > maxBytes && !isFile) {
      this.#cutOff(failed('response_too_large'));
      return;
    }
    const neededBytes = Math.min(body.capacityFor(length), maxBytes);
    this.#whenGranted(lease.grow(neededBytes), () => {
      body.append(bytes.subarray(0, maxBytes - body.length));
      if (length > maxBytes) this.#endEarly();
    });
  }

  /** Enough of a file has come. */
  #endEarly(): void {
    this.#answer(this.#bodyReply());
    this.#decoder?.destroy();
    this.#abort();
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
    this.#decoder?.pause();
    this.#deadline.pause();
    void granted.then(() => {
      if (this.#isSettled) return;
      this.#deadline.resume();
      goOn();
      this.#decoder?.resume();
      this.#controller?.resume();
    });
  }

  #drain(chunk: Buffer): void {
    this.#drainedBytes += chunk.length;
    if (this.#drainedBytes > MAX_DRAINED_BYTES) this.#abort();
  }

  /** Fails, and reads no more. */
  #cutOff(failure: ReturnType<typeof failed>): void {
    if (this.#isSettled) return;
    this.#lease?.release();
    this.#decoder?.destroy();
    this.#answer({ kind: 'failed', failure });
    this.#abort();
  }

  #answer(reply: Reply): void {
    this.#isSettled = true;
    // The host may have hung up while its body waited for memory.
    this.#deadline.resume();
    this.#settle.resolve(reply);
  }

  /** undici tells of the end first, and closes the connection then: until that is done, it counts. */
  #abort(): void {
    if (this.#isAnswerWhole) return;
    this.#isAborting = true;
    this.#controller?.abort(new Error('no longer wanted'));
    this.#events.onOver();
  }
}
