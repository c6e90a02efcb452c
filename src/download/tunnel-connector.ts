import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { LimitPassedError } from './deadline.ts';
import { type Network, plainConnector, targetOf } from './network.ts';
import { ProxyError, type ProxyServer, type ProxyTarget } from './proxies.ts';
import { systemLookup } from './system-lookup.ts';
import { openTunnel, type TunnelEnd } from './tunnel.ts';

type Callback = buildConnector.Callback;
/** undici's connector gives the socket at once, and calls back when it can be used. */
type SocketConnector = (...args: Parameters<buildConnector.connector>) => Socket;

/** Connects to a host through a proxy: the guard first, then the proxy, the tunnel, and TLS within it. */
export function tunnelConnector(
  network: Network,
  overTunnel: buildConnector.connector,
): (proxy: ProxyServer, options: buildConnector.Options, callback: Callback) => void {
  // Where the proxy is, the operator has said: the guard is for what strangers say.
  const toProxy = plainConnector(
    network,
    systemLookup(() => network.clock.nowMs()),
  );
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
  #socket: Socket | undefined;
  #hasProxy = false;
  #isOver = false;
  #cancel: () => void;

  constructor(network: Network, callback: Callback) {
    this.#network = network;
    this.#callback = callback;
    const passed = (): void => {
      const isHostSlow = this.#hasProxy;
      this.end(isHostSlow ? new LimitPassedError('connect') : unreachable(undefined), null);
    };
    this.#cancel = network.clock.after(network.limits.connectTimeoutMs, passed);
  }

  async open(proxy: ProxyServer, target: ProxyTarget, toProxy: buildConnector.connector): Promise<Socket> {
    const end = await endOf(proxy, target, this.#network);
    const socket = await this.#connect(proxy, toProxy);
    this.#hasProxy = true;
    return openTunnel(proxy, socket, end);
  }

  /** TLS with the host itself, where that is asked for: the proxy sees nothing of it. */
  secure(socket: Socket, options: buildConnector.Options, overTunnel: buildConnector.connector): void {
    if (options.protocol !== 'https:' || this.#isOver) {
      this.end(null, socket);
      return;
    }
    const { clock, limits } = this.#network;
    this.#cancel();
    this.#cancel = clock.after(limits.tlsTimeoutMs, () => this.end(new LimitPassedError('tls'), null));
    overTunnel({ ...options, httpSocket: socket }, (error, secured) =>
      error ? this.end(error, null) : this.end(null, secured),
    );
  }

  /** Calls back, once; what comes later is given up. */
  end(...[error, socket]: Parameters<Callback>): void {
    if (error || this.#isOver) this.#socket?.destroy();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancel();
    if (error) this.#callback(error, null);
    else this.#callback(null, socket!);
  }

  #connect({ kind, hostname, port }: ProxyServer, toProxy: buildConnector.connector): Promise<Socket> {
    const protocol = kind === 'https' ? 'https:' : 'http:';
    return new Promise((resolve, reject) => {
      const socket = (toProxy as SocketConnector)(
        { protocol, hostname, host: hostname, port: String(port) },
        (error, connected) => (error ? reject(unreachable(error)) : resolve(connected)),
      );
      this.#socket = socket;
      if (this.#isOver) socket.destroy();
    });
  }
}

function unreachable(cause: unknown): ProxyError {
  return new ProxyError('proxy_failed', 'The proxy cannot be reached', cause);
}

/** Where a tunnel is to end. A proxy that takes addresses gets one that was checked; else names are checked here too. */
async function endOf(
  proxy: ProxyServer,
  { hostname, port }: ProxyTarget,
  { guard }: Network,
): Promise<TunnelEnd> {
  if (proxy.looksUpNames) {
    await guard.checkForProxy(hostname);
    return { hostname, port };
  }
  const addresses = await guard.addressesOf(hostname);
  const address = addresses.find((one) => proxy.kind === 'socks5' || !one.includes(':'));
  if (address === undefined) throw new ProxyError('connect_failed', 'SOCKS 4 reaches no IPv6 address');
  return { hostname: address, port };
}
