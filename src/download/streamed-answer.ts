import type { Dispatcher } from 'undici';
import type { Clock } from '../base/clock.ts';
import { type Limit, LimitPassedError } from './deadline.ts';
import type { AnswerLimits } from './exchange-handler.ts';
import { PieceQueue } from './piece-queue.ts';
import type { Requester } from './proxied-requests.ts';
import type { Headers } from './reply.ts';

/** An answer whose body comes piece by piece, as fast as it is taken. */
export interface StreamedAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Ends with an error where the connection or a limit of time ends it; to be dropped where it is not wanted. */
  readonly body: PieceQueue;
}

/** How an answer is waited for. */
export interface StreamOptions {
  readonly limits: AnswerLimits;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Sends a request; rejects where no head of an answer comes, with the signal's reason where that comes first. */
export function requestStream(
  requester: Requester,
  request: Dispatcher.DispatchOptions,
  options: StreamOptions,
): Promise<StreamedAnswer> {
  return new Promise((resolve, reject) => {
    const handler = new StreamHandler(options, { resolve, reject });
    try {
      requester.dispatch(request, handler);
    } catch (thrown) {
      handler.onResponseError(undefined, thrown as Error);
    }
  });
}

interface HeadWait {
  readonly resolve: (answer: StreamedAnswer) => void;
  readonly reject: (thrown: unknown) => void;
}

/**
 * undici calls this as the answer arrives. The host's clock stands while the body waits to be taken: a slow disk is not
 * the host's fault.
 */
class StreamHandler implements Dispatcher.DispatchHandler {
  readonly #options: StreamOptions;
  readonly #head: HeadWait;
  readonly #body: PieceQueue;
  readonly #stopListening: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #cancelAlarm: () => void = () => undefined;
  #ended: { readonly thrown: unknown } | undefined;

  constructor(options: StreamOptions, head: HeadWait) {
    this.#options = options;
    this.#head = head;
    this.#body = new PieceQueue({
      onRoom: () => this.#goOn(),
      onDrop: () => this.#end(new Error('no longer wanted')),
    });
    const { signal } = options;
    const onAbort = (): void => this.#end(signal!.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#stopListening = () => signal?.removeEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(asError(this.#ended.thrown));
    else this.#limit('head', this.#options.limits.headersTimeoutMs);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#limit('idle', this.#options.limits.bodyIdleTimeoutMs);
    this.#head.resolve({ status, headers, body: this.#body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended) return;
    if (this.#body.push(chunk)) {
      this.#limit('idle', this.#options.limits.bodyIdleTimeoutMs);
      return;
    }
    this.#cancelAlarm();
    controller.pause();
  }

  onResponseEnd(): void {
    this.#finish();
    this.#body.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, thrown: Error): void {
    this.#end(thrown);
  }

  #goOn(): void {
    if (this.#ended || !this.#controller?.paused) return;
    this.#limit('idle', this.#options.limits.bodyIdleTimeoutMs);
    this.#controller.resume();
  }

  #limit(limit: Limit, ms: number): void {
    this.#cancelAlarm();
    this.#cancelAlarm = this.#options.clock.after(ms, () => this.#end(new LimitPassedError(limit)));
  }

  #end(thrown: unknown): void {
    if (this.#ended) return;
    this.#ended = { thrown };
    this.#finish();
    this.#head.reject(thrown);
    this.#controller?.abort(asError(thrown));
    this.#body.end({ thrown });
  }

  #finish(): void {
    this.#cancelAlarm();
    this.#stopListening();
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
