import type { buildConnector } from 'undici';
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
import { ProxiedRequests, type Requester } from './proxied-requests.ts';
import { readProxies } from './proxies.ts';
import type { NameResolver } from './resolver.ts';
import { readTlsTrust } from './tls-trust.ts';

/**
 * How long a connection is kept for a next request. Many servers close theirs after five seconds, and say so: undici then leaves them two
 * less. With a shorter time, where the same hosts come again about as soon, whatever makes the others a little slower costs each image a
 * connection, which makes them slower still.
 */
const KEEP_ALIVE_MS = 3_000;

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
  /** Whether a host (`example.org:8080`) is likely to be sent a request within so many ms, with fewer rows than these before it. */
  readonly isAskedSoon: (host: string, withinMs: number, withinRows: number) => boolean;
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
  const requester = (maxHeaderSize: number, reading: Reading): Requester => {
    // What an answer may take, in time and in bytes, is measured by exchange.ts.
    const options = { headersTimeout: 0, bodyTimeout: 0, maxHeaderSize };
    const over = (connector: buildConnector.connector, isAskedSoon: (origin: string) => boolean): Requester =>
      new OriginClients(
        { ...options, connect: reading(connector) },
        { maxFree, keepMs: KEEP_ALIVE_MS, isAskedSoon },
      );
    const clients = over(guardedConnector(network), (origin) =>
      // Each row before it frees one connection at most: so what is kept for it is not closed for others.
      parts.isAskedSoon(hostOf(origin), KEEP_ALIVE_MS, maxFree),
    );
    if (!network.proxies.hasProxies) return clients;
    return new ProxiedRequests(network, clients, (connector) => over(connector, () => true));
  };
  return {
    strict: requester(MAX_STRICT_HEAD_BYTES, (connector) => connector),
    lenient: requester(2 * MAX_HEAD_BYTES, mending),
  };
}

/** The host of an origin, as `URL.host` has it. */
function hostOf(origin: string): string {
  return origin.slice(origin.indexOf('//') + 2);
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
