import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { MAX_ADDRESSES } from './address-race.ts';
import { type GiveUp, LimitPassedError } from './deadline.ts';
import { watchKept } from './kept-connections.ts';
import { type Network, socketConnector, targetOf } from './network.ts';
import { ProxyError, type ProxyServer, type ProxyTarget } from './proxies.ts';
import { type ConnectToProxy, proxyConnector, unreachable } from './proxy-connector.ts';
import { tellErrors } from './socket-errors.ts';
import { mayWaitForHost, openTunnel, type TunnelEnd } from './tunnel.ts';

type Callback = buildConnector.Callback;

/** Connects to a host through a proxy: the guard first, then the proxy, the tunnel, and TLS within it. */
export function tunnelConnector(
  network: Network,
): (proxy: ProxyServer, options: buildConnector.Options, callback: Callback) => void {
  const toProxy = proxyConnector(network);
  const overTunnel = socketConnector(network.trust);
  return (proxy, options, callback) => {
    const attempt = new TunnelAttempt(network, callback);
    attempt
      .open(proxy, targetOf(options), toProxy)
      .then((socket) => attempt.secure(socket, options, overTunnel))
      .catch((error: Error) => attempt.end(error, null));
  };
}

/** One connection on its way through a proxy. */
class TunnelAttempt {
  readonly #network: Network;
  readonly #callback: Callback;
  #giveUp: GiveUp = () => undefined;
  /** Asks whether the host is waited for; undefined until there is a proxy to ask it for one. */
  #mayWaitForHost: (() => boolean) | undefined;
  #isOver = false;
  #cancel: () => void;

  constructor(network: Network, callback: Callback) {
    this.#network = network;
    this.#callback = callback;
    this.#cancel = network.clock.after(network.limits.connectTimeoutMs, () =>
      this.end(this.#lateness(), null),
    );
  }

  /** Opens a tunnel to the host's first address that the proxy reaches, each over a connection of its own. */
  async open(proxy: ProxyServer, target: ProxyTarget, toProxy: ConnectToProxy): Promise<Socket> {
    const ends = await endsOf(proxy, target, this.#network);
    for (let i = 0; ; i++) {
      const socket = await this.#connect(proxy, toProxy);
      this.#mayWaitForHost = () => mayWaitForHost(proxy, socket);
      try {
        return await openTunnel(proxy, socket, ends[i]!);
      } catch (thrown) {
        if (this.#isOver || i + 1 === ends.length || isAboutProxy(thrown)) throw thrown;
      }
    }
  }

  /** TLS with the host itself, where that is asked for: the proxy sees nothing of it. */
  secure(socket: Socket, options: buildConnector.Options, overTunnel: buildConnector.connector): void {
    if (options.protocol !== 'https:' || this.#isOver) {
      // From now on: what was said to the proxy was no request.
      watchKept(socket);
      this.end(null, socket);
      return;
    }
    const { clock, limits } = this.#network;
    this.#cancel();
    this.#cancel = clock.after(limits.tlsTimeoutMs, () => this.end(new LimitPassedError('tls'), null));
    overTunnel({ ...options, httpSocket: socket }, (error, secured) => {
      if (secured) {
        tellErrors(secured);
        watchKept(secured);
      }
      this.end(...([error, secured] as Parameters<Callback>));
    });
  }

  /** Calls back, once; what comes later is given up. */
  end(...[error, socket]: Parameters<Callback>): void {
    if (error || this.#isOver) this.#giveUp();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancel();
    if (error) this.#callback(error, null);
    else this.#callback(null, socket!);
  }

  /** Who is to blame once the time for a connection is up. */
  #lateness(): Error {
    if (!this.#mayWaitForHost) return unreachable(undefined);
    if (this.#mayWaitForHost()) return new LimitPassedError('connect');
    return new ProxyError('proxy_failed', 'The proxy does not answer as a SOCKS proxy');
  }

  #connect(proxy: ProxyServer, toProxy: ConnectToProxy): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const giveUp = toProxy(proxy, (error, connected) => {
        if (error) {
          reject(error);
          return;
        }
        this.#giveUp = () => connected.destroy();
        resolve(connected);
      });
      this.#giveUp = giveUp;
      if (this.#isOver) giveUp();
    });
  }
}

function isAboutProxy(thrown: unknown): boolean {
  return !(thrown instanceof ProxyError) || thrown.reason === 'proxy_failed';
}

/**
 * Where a tunnel may end, in the order in which to try. A proxy that takes addresses gets those that were checked; else names
 * are checked here too.
 */
async function endsOf(
  proxy: ProxyServer,
  { hostname, port }: ProxyTarget,
  { guard }: Network,
): Promise<readonly TunnelEnd[]> {
  if (proxy.looksUpNames) {
    await guard.checkForProxy(hostname);
    return [{ hostname, port }];
  }
  const addresses = await guard.addressesOf(hostname);
  const reachable = addresses.filter((one) => proxy.kind === 'socks5' || !one.includes(':'));
  if (reachable.length === 0) throw new ProxyError('connect_failed', 'SOCKS 4 reaches no IPv6 address');
  return reachable.slice(0, MAX_ADDRESSES).map((address) => ({ hostname: address, port }));
}
