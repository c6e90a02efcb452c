import type { Dispatcher } from 'undici';
import { type Deadline, LimitPassedError } from './deadline.ts';
import { type ExchangeEvents, ExchangeHandler, type ExchangeTools } from './exchange-handler.ts';
import { failureOf } from './failures.ts';
import type { Requester } from './proxied-requests.ts';
import type { Reply } from './reply.ts';

/** What is asked for. */
export interface Asked {
  readonly url: URL;
  /** The Cookie header. */
  readonly cookie: string | undefined;
  /** Whether it is asked for over a connection of its own, and the head of the answer is mended. */
  readonly isLenient: boolean;
}

/** One request and its answer. Never throws for what a host does; rejects when the deadline or its signal ends it. */
export async function exchange(
  tools: ExchangeTools,
  asked: Asked,
  deadline: Deadline,
  events: ExchangeEvents,
): Promise<Reply> {
  try {
    return await deadline.wait<Reply>((settle) => {
      const handler = new ExchangeHandler(tools, deadline, settle, events);
      const { strict, lenient } = tools.agents;
      send(asked.isLenient ? lenient : strict, requestFor(asked, tools.userAgent), handler);
      return handler.giveUp;
    });
  } catch (thrown) {
    events.onOver();
    if (thrown instanceof LimitPassedError) return { kind: 'failed', failure: failureOf(thrown, 'connect') };
    throw thrown;
  }
}

function requestFor({ url, cookie }: Asked, userAgent: string): Dispatcher.DispatchOptions {
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method: 'GET',
    headers: {
      'user-agent': userAgent,
      accept: 'image/*,*/*;q=0.5',
      'accept-encoding': 'identity',
      ...(cookie === undefined ? {} : { cookie }),
    },
  };
}

function send(requester: Requester, request: Dispatcher.DispatchOptions, handler: ExchangeHandler): void {
  try {
    requester.dispatch(request, handler);
  } catch (thrown) {
    handler.onResponseError(undefined, thrown);
  }
}
