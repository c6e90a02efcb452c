import { type buildConnector, type Dispatcher, Pool } from 'undici';
import { type Network, targetOf } from './network.ts';
import { ProxyError, type ProxyServer } from './proxies.ts';
import { type ConnectToProxy, proxyConnector } from './proxy-connector.ts';
import { proxyAuthorization } from './tunnel.ts';

/** What sends requests. */
export interface Requester {
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean;
  destroy(): Promise<void>;
}

export type PoolOptions = Omit<Pool.Options, 'connect'>;

/** Changes how what comes over a connection is read. */
export type Reading = (connector: buildConnector.connector) => buildConnector.connector;

/**
 * Sends http requests to their HTTP proxy whole (RFC 9112, 3.2.2), since many proxies open no tunnel to port 80, and
 * hands all others on. The guard asks first, as for a connection.
 */
export class ProxiedRequests implements Requester {
  readonly #network: Network;
  readonly #others: Requester;
  readonly #poolOptions: PoolOptions;
  readonly #reading: Reading;
  readonly #pools = new Map<ProxyServer, Pool>();
  readonly #connect: ConnectToProxy;

  constructor(network: Network, others: Requester, poolOptions: PoolOptions, reading: Reading) {
    this.#network = network;
    this.#others = others;
    this.#poolOptions = poolOptions;
    this.#reading = reading;
    this.#connect = proxyConnector(network);
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const url = new URL(String(options.origin));
    const proxy = url.protocol === 'http:' ? this.#network.proxies.proxyFor(targetOf(url)) : undefined;
    if (proxy?.kind !== 'http' && proxy?.kind !== 'https') return this.#others.dispatch(options, handler);
    const headers = {
      ...(options.headers as Record<string, string>),
      host: url.host,
      ...proxyAuthorization(proxy),
    };
    // undici would take the server name for that of the Host header, and so a new connection for each next host.
    const whole = { ...options, path: url.origin + options.path, headers, servername: proxy.hostname };
    this.#network.guard.checkForProxy(url.hostname.replace(/^\[|\]$/g, '')).then(
      () => this.#poolOf(proxy).dispatch(whole, told(handler)),
      (error: Error) => handler.onResponseError?.(undefined as never, error),
    );
    return true;
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#others, ...this.#pools.values()].map((requester) => requester.destroy()));
  }

  #poolOf(proxy: ProxyServer): Pool {
    const known = this.#pools.get(proxy);
    if (known) return known;
    const pool = new Pool(proxy.shown, {
      ...this.#poolOptions,
      connect: this.#reading((_, callback) => this.#connect(proxy, callback)),
    });
    this.#pools.set(proxy, pool);
    return pool;
  }
}

const PROXY_AUTHENTICATION_REQUIRED = 407;

/** A handler that takes 407 for what it is: the proxy's word, not the host's. */
function told(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onResponseStart: (controller, status, ...head) => {
      if (status === PROXY_AUTHENTICATION_REQUIRED) {
        controller.abort(new ProxyError('proxy_failed', `The proxy refused with status ${status}`));
      } else {
        handler.onResponseStart?.(controller, status, ...head);
      }
    },
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
    onResponseError: (...args) => handler.onResponseError?.(...args),
  };
}
