import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import type { Clock } from '../base/clock.ts';
import type { SpareTries } from './address-race.ts';
import type { AddressWatch } from './address-watch.ts';
import type { Guard } from './guard.ts';
import type { ProxyRules, ProxyTarget } from './proxies.ts';
import type { TlsTrust } from './tls-trust.ts';

/** What decides whether a host is connected to, and how. */
export interface Network {
  readonly guard: Guard;
  readonly addresses: AddressWatch;
  readonly proxies: ProxyRules;
  readonly trust: TlsTrust;
  readonly limits: ConnectLimits;
  /** Shared by all connections. */
  readonly spares: SpareTries;
  readonly clock: Clock;
}

/** How long a connection may take, in ms. */
export interface ConnectLimits {
  /** The name and the connection itself. */
  readonly connectTimeoutMs: number;
  /** The TLS handshake, once there is a connection. */
  readonly tlsTimeoutMs: number;
}

/** TLS sessions that may be resumed. */
const MAX_TLS_SESSIONS = 1_000;

type SocketConnector = (...args: Parameters<buildConnector.connector>) => Socket;

/** undici's own connector, with what all connections share. It has no limit of time, and gives the socket at once. */
export function socketConnector(trust: TlsTrust): SocketConnector {
  const connect = buildConnector({
    // Its own limit goes on while we are busy, and does not tell TLS from the rest.
    timeout: 0,
    maxCachedSessions: MAX_TLS_SESSIONS,
    ...trust,
  } as buildConnector.BuildOptions) as SocketConnector;
  return (options, callback) => connect(withServerName(options), callback);
}

/** A server name has no dot at its end (RFC 6066, section 3), though the name in a URL may; an address in a URL has none. */
function withServerName(options: buildConnector.Options): buildConnector.Options {
  const name = options.servername ?? options.host?.replace(/:\d+$/, '');
  return name?.endsWith('.') ? { ...options, servername: name.slice(0, -1) } : options;
}

/** Where a connection leads, with the port that the scheme stands for. */
export function targetOf({
  protocol,
  hostname,
  port,
}: Pick<buildConnector.Options, 'protocol' | 'hostname' | 'port'>): ProxyTarget {
  return { protocol, hostname, port: port ? Number(port) : protocol === 'https:' ? 443 : 80 };
}
