import type { buildConnector, Client } from 'undici';
import type { Clock } from '../base/clock.ts';
import { SpareTries } from './address-race.ts';
import type { AddressWatch } from './address-watch.ts';
import type { AddressRule } from './addresses.ts';
import { guardedConnector } from './connector.ts';
import { mostIdle } from './file-descriptors.ts';
import { Guard } from './guard.ts';
import { MAX_HEAD_BYTES } from './head-mender.ts';
import { mending } from './mended-stream.ts';
import type { Network } from './network.ts';
import type { DownloadSettings } from './options.ts';
import { OriginClients } from './origin-clients.ts';
import { ProxiedRequests, type Requester, type RequesterOver } from './proxied-requests.ts';
import { readProxies } from './proxies.ts';
import type { NameResolver } from './resolver.ts';
import { readTlsTrust } from './tls-trust.ts';

/** undici would follow a host's hint for up to 600 s, and idle connections use up the file descriptors. */
const KEEP_ALIVE_MS = 1_000;

/** Before it is read leniently, as undici and Node have it. */
const MAX_STRICT_HEAD_BYTES = 16 * 1024;

/** Changes how what comes over a connection is read. */
type Reading = (connector: buildConnector.connector) => buildConnector.connector;

/** What requests go through. */
export interface Agents {
  readonly strict: Requester;
  /** For what the strict one cannot read or has lost: each answer has a connection of its own, and its head is mended. */
  readonly lenient: Requester;
}

/** What decides about connections beside the settings. */
export interface AgentParts {
  readonly resolver: NameResolver;
  readonly isAddressAllowed: AddressRule;
  readonly addresses: AddressWatch;
  readonly clock: Clock;
  /** Requests that may be in flight. */
  readonly mostRequests: number;
  /** Where proxies are looked for. */
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Both connect by the same guard. There is no bound per origin: a bounded pool queues where nobody sees it, and while a
 * request waits there its time runs. `schedule.ts` bounds requests per host instead.
 *
 * @throws BowerbirdError BB_PROXY, BB_CA_FILE
 */
export function createAgents(settings: DownloadSettings, parts: AgentParts): Agents {
  const network = networkOf(settings, parts);
  const maxFree = mostIdle(parts.mostRequests);
  const options = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    // What an answer may take, in time and in bytes, is measured by exchange.ts.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  return {
    strict: requesterOf(
      network,
      { ...options, maxHeaderSize: MAX_STRICT_HEAD_BYTES },
      (connector) => connector,
      maxFree,
    ),
    lenient: requesterOf(network, { ...options, maxHeaderSize: 2 * MAX_HEAD_BYTES }, mending, maxFree),
  };
}

function requesterOf(
  network: Network,
  options: Client.Options,
  reading: Reading,
  maxFree: number,
): Requester {
  const over: RequesterOver = (connector) =>
    new OriginClients({ ...options, connect: reading(connector) }, maxFree);
  const clients = over(guardedConnector(network));
  return network.proxies.hasProxies ? new ProxiedRequests(network, clients, over) : clients;
}

function networkOf(settings: DownloadSettings, parts: AgentParts): Network {
  const { resolver, isAddressAllowed, addresses, clock, mostRequests, environment } = parts;
  return {
    guard: new Guard(resolver, isAddressAllowed, () => clock.nowMs()),
    addresses,
    proxies: readProxies(environment),
    trust: readTlsTrust(settings.caFile, settings.tlsInsecure),
    limits: settings,
    // As many again as there are requests (file-descriptors.ts).
    spares: new SpareTries(mostRequests),
    clock,
  };
}
