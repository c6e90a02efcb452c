import type { buildConnector, Dispatcher } from 'undici';
import { failureOf } from './failures.ts';
import { isUnheard, watchKept } from './kept-connections.ts';
import { type Network, targetOf } from './network.ts';
import { ProxyError, type ProxyServer } from './proxies.ts';
import { type ConnectToProxy, proxyConnector } from './proxy-connector.ts';
import { proxyAuthorization } from './tunnel.ts';

/** What is told of a request: what undici tells, and more. */
export interface RequestHandler extends Dispatcher.DispatchHandler {
  /** The connection that brought an answer to its end can carry another request, or is closed. undici does not say for whom. */
  onConnectionFree?(): void;
}

/** What sends requests. */
export interface Requester {
  dispatch(options: Dispatcher.DispatchOptions, handler: RequestHandler): boolean;
  destroy(): Promise<void>;
}

/** Sends requests over connections of its own, which a connector makes. */
export type RequesterOver = (connector: buildConnector.connector) => Requester;

/**
 * Sends http requests to their HTTP proxy whole (RFC 9112, 3.2.2), since many proxies open no tunnel to port 80, and
 * hands all others on. The guard asks first, as for a connection.
 */
export class ProxiedRequests implements Requester {
  readonly #network: Network;
  readonly #others: Requester;
  readonly #over: RequesterOver;
  readonly #toProxies = new Map<ProxyServer, Requester>();
  readonly #connect: ConnectToProxy;

  constructor(network: Network, others: Requester, over: RequesterOver) {
    this.#network = network;
    this.#others = others;
    this.#over = over;
    this.#connect = proxyConnector(network);
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: RequestHandler): boolean {
    const url = new URL(String(options.origin));
    const proxy = url.protocol === 'http:' ? this.#network.proxies.proxyFor(targetOf(url)) : undefined;
    if (proxy?.kind !== 'http' && proxy?.kind !== 'https') return this.#others.dispatch(options, handler);
    const headers = {
      ...(options.headers as Record<string, string>),
      host: url.host,
      ...proxyAuthorization(proxy),
    };
    // undici would take the server name for that of the Host header, and so a new connection for each next host.
    const whole = {
      ...options,
      origin: proxy.shown,
      path: url.origin + options.path,
      headers,
      servername: proxy.hostname,
    };
    this.#network.guard.checkForProxy(url.hostname.replace(/^\[|\]$/g, '')).then(
      () => this.#to(proxy).dispatch(whole, told(handler)),
      (error: Error) => handler.onResponseError?.(undefined as never, error),
    );
    return true;
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#others, ...this.#toProxies.values()].map((requester) => requester.destroy()));
  }

  #to(proxy: ProxyServer): Requester {
    const known = this.#toProxies.get(proxy);
    if (known) return known;
    const requester = this.#over((_, callback) =>
      this.#connect(proxy, (...answer) => {
        if (answer[1]) watchKept(answer[1]);
        callback(...answer);
      }),
    );
    this.#toProxies.set(proxy, requester);
    return requester;
  }
}

const PROXY_AUTHENTICATION_REQUIRED = 407;

/** What it is called when a connection, or the TLS that it is spoken over, ends early. */
const CLOSED: ReadonlySet<string> = new Set(['connect_failed', 'tls_failed']);

/** A handler that takes for the proxy's word, not the host's, what is: 407, and no answer at all. */
function told(handler: RequestHandler): RequestHandler {
  let isAnswered = false;
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onResponseStart: (controller, status, ...head) => {
      isAnswered = true;
      if (status === PROXY_AUTHENTICATION_REQUIRED) {
        controller.abort(new ProxyError('proxy_failed', `The proxy refused with status ${status}`));
      } else {
        handler.onResponseStart?.(controller, status, ...head);
      }
    },
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
    onResponseError: (controller, thrown) =>
      handler.onResponseError?.(controller, isAnswered ? thrown : ofProxy(thrown)),
    onConnectionFree: () => handler.onConnectionFree?.(),
  };
}

/** A connection that ends before an answer is the proxy's doing, but for one that was kept: over that the request is sent again. */
function ofProxy(thrown: Error): Error {
  if (isUnheard(thrown) || !CLOSED.has(failureOf(thrown, 'connect').reason)) return thrown;
  return new ProxyError('proxy_failed', 'The proxy hung up', thrown);
}
