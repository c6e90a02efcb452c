import type { Dispatcher } from 'undici';
import { type Deadline, LimitPassedError } from './deadline.ts';
import {
  type ExchangeEvents,
  ExchangeHandler,
  type ExchangeTools,
  type Outcome,
} from './exchange-handler.ts';
import { failureOf } from './failures.ts';
import type { Requester } from './proxied-requests.ts';
import type { Reply } from './reply.ts';

/** What is asked for. */
export interface Asked {
  readonly url: URL;
  /** The Cookie header. */
  readonly cookie: string | undefined;
}

/**
 * One request and its answer. Never throws for what a host does; rejects when the deadline or its signal ends it. An answer
 * whose head is not as it should be, or whose connection was kept and then closed, is asked for once more, of the same URL and in
 * the same time.
 */
export async function exchange(
  tools: ExchangeTools,
  asked: Asked,
  deadline: Deadline,
  events: ExchangeEvents,
): Promise<Reply> {
  const ask = (requester: Requester): Promise<Outcome> =>
    deadline.wait<Outcome>((settle) => {
      const handler = new ExchangeHandler(tools, deadline, settle, events);
      send(requester, requestFor(asked, tools.userAgent), handler);
      return handler.giveUp;
    });
  try {
    const first = await ask(tools.agents.strict);
    if (first.isOver) return first.reply;
    const second = await ask(tools.agents.lenient);
    if (!second.isOver) events.onOver();
    return second.reply;
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
