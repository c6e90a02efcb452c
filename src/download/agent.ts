import { Agent } from 'undici';
import type { Clock } from '../base/clock.ts';
import type { AddressRule } from './addresses.ts';
import { guardedConnector } from './connector.ts';
import { Guard } from './guard.ts';
import type { Network } from './network.ts';
import type { DownloadSettings } from './options.ts';
import { ProxiedRequests, type Requester } from './proxied-requests.ts';
import { readProxies } from './proxies.ts';
import type { NameResolver } from './resolver.ts';
import { readTlsTrust } from './tls-trust.ts';

/** undici would follow a host's hint for up to 600 s, and idle connections use up the file descriptors. */
const KEEP_ALIVE_MS = 1_000;

const MAX_HEADER_BYTES = 16 * 1024;

/** What decides about connections beside the settings. */
export interface AgentParts {
  readonly resolver: NameResolver;
  readonly isAddressAllowed: AddressRule;
  readonly clock: Clock;
  /** Where proxies are looked for. */
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * The one connection pool. It has no bound per origin: a bounded pool queues where nobody sees it, and while a
 * request waits there its time runs. `hosts.ts` bounds requests per host instead.
 *
 * @throws BowerbirdError BB_PROXY, BB_CA_FILE
 */
export function createAgent(settings: DownloadSettings, parts: AgentParts): Requester {
  const network = networkOf(settings, parts);
  const options = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    // What an answer may take is measured by exchange.ts.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    maxResponseSize: settings.maxBytes,
  };
  const agent = new Agent({ ...options, connect: guardedConnector(network) });
  return network.proxies.hasProxies ? new ProxiedRequests(network, agent, options) : agent;
}

function networkOf(settings: DownloadSettings, parts: AgentParts): Network {
  const { resolver, isAddressAllowed, clock, environment } = parts;
  return {
    guard: new Guard(resolver, isAddressAllowed, () => clock.nowMs()),
    proxies: readProxies(environment),
    trust: readTlsTrust(settings.caFile, settings.tlsInsecure),
    limits: settings,
    clock,
  };
}
