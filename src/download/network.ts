import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { Clock } from '../base/clock.ts';
import type { ConnectLimits } from './connect-limits.ts';
import type { Guard } from './guard.ts';
import type { ProxyRules, ProxyTarget } from './proxies.ts';
import type { TlsTrust } from './tls-trust.ts';
import { tellingResets } from './told-resets.ts';

/** What decides whether a host is connected to, and how. */
export interface Network {
  readonly guard: Guard;
  readonly proxies: ProxyRules;
  readonly trust: TlsTrust;
  readonly limits: ConnectLimits;
  readonly clock: Clock;
}

/** TLS sessions that may be resumed. */
const MAX_TLS_SESSIONS = 1_000;

/** Addresses of one name that share the time for its connection (as many as the resolver gives). */
const ADDRESSES_TRIED = 4;

/** undici's own connector, with what all connections share. It has no limit of time. */
export function plainConnector(
  { trust, limits }: Pick<Network, 'trust' | 'limits'>,
  lookup: LookupFunction,
): buildConnector.connector {
  const connector = buildConnector({
    // Its own limit goes on while we are busy, and does not tell TLS from the rest.
    timeout: 0,
    maxCachedSessions: MAX_TLS_SESSIONS,
    ...trust,
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: Math.ceil(limits.connectTimeoutMs / ADDRESSES_TRIED),
  } as buildConnector.BuildOptions);
  return tellingResets(connector);
}

/** Where a connection leads, with the port that the scheme stands for. */
export function targetOf({
  protocol,
  hostname,
  port,
}: Pick<buildConnector.Options, 'protocol' | 'hostname' | 'port'>): ProxyTarget {
  return { protocol, hostname, port: port ? Number(port) : protocol === 'https:' ? 443 : 80 };
}
