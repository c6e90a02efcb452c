import { lookup } from 'node:dns/promises';
import type { AddressesOf } from './straight-connector.ts';

const KEPT_MS = 60_000;

interface Known {
  readonly addresses: Promise<readonly string[]>;
  readonly untilMs: number;
}

/**
 * Addresses of the few names that the operator gave, such as a proxy's: as the system does it, search domains
 * included, which holds one of libuv's threads, and so once a minute.
 */
export function systemLookup(nowMs: () => number): AddressesOf {
  const known = new Map<string, Known>();
  return ({ hostname: name }) => {
    const kept = known.get(name);
    if (kept && kept.untilMs > nowMs()) return kept.addresses;
    const addresses = lookup(name, { all: true }).then((found) => found.map(({ address }) => address));
    known.set(name, { addresses, untilMs: nowMs() + KEPT_MS });
    addresses.catch(() => known.delete(name));
    return addresses;
  };
}
