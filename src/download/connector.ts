import type { LookupFunction } from 'node:net';
import { createSecureContext } from 'node:tls';
import { buildConnector } from 'undici';
import type { Clock } from '../base/clock.ts';
import { AddressRefusedError, type AddressRule, isAddressLiteral } from './addresses.ts';
import { type ConnectLimits, limitedConnector } from './connect-limits.ts';
import type { NameResolver } from './resolver.ts';

/** TLS sessions that may be resumed. */
const MAX_TLS_SESSIONS = 1_000;

/** Addresses of one name that share the time for its connection (as many as the resolver gives). */
const ADDRESSES_TRIED = 4;

/** Every connection passes here, the first one and each redirect's. */
export function guardedConnector(
  limits: ConnectLimits,
  resolver: NameResolver,
  isAllowed: AddressRule,
  clock: Clock,
): buildConnector.connector {
  const connector = buildConnector({
    // Its own limit goes on while we are busy, and does not tell TLS from the rest.
    timeout: 0,
    maxCachedSessions: MAX_TLS_SESSIONS,
    // One context for all: a CA list given per connection is parsed per connection, 22 ms of CPU each.
    secureContext: createSecureContext(),
    lookup: guardedLookup(resolver, isAllowed),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: Math.ceil(limits.connectTimeoutMs / ADDRESSES_TRIED),
  } as buildConnector.BuildOptions);
  const connect = limitedConnector(connector, limits, clock);
  return (options, callback) => {
    // Node never calls `lookup` for an address that is written out.
    if (isAddressLiteral(options.hostname) && !isAllowed(options.hostname)) {
      queueMicrotask(() => callback(new AddressRefusedError(), null));
    } else {
      connect(options, callback);
    }
  };
}

/** A `lookup` for net.connect that hands out allowed addresses only: what was checked is what is connected to. */
function guardedLookup(resolver: NameResolver, isAllowed: AddressRule): LookupFunction {
  return (name, options, callback) => {
    resolver.resolve(name).then(
      (addresses) => {
        const allowed = addresses.filter(isAllowed).map((address) => ({
          address,
          family: address.includes(':') ? 6 : 4,
        }));
        const first = allowed[0];
        if (!first) callback(new AddressRefusedError(), '');
        else if (options.all) callback(null, allowed);
        else callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, ''),
    );
  };
}
