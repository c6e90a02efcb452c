import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';

const KEPT_MS = 60_000;

interface Known {
  readonly addresses: Promise<LookupAddress[]>;
  readonly untilMs: number;
}

/**
 * A `lookup` for the few names that the operator gave, such as a proxy's: as the system does it, search domains
 * included, which holds one of libuv's threads, and so once a minute.
 */
export function systemLookup(nowMs: () => number): LookupFunction {
  const known = new Map<string, Known>();
  const addressesOf = (name: string): Promise<LookupAddress[]> => {
    const kept = known.get(name);
    if (kept && kept.untilMs > nowMs()) return kept.addresses;
    const addresses = lookup(name, { all: true });
    known.set(name, { addresses, untilMs: nowMs() + KEPT_MS });
    addresses.catch(() => known.delete(name));
    return addresses;
  };
  return (name, options, callback) => {
    addressesOf(name).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all) callback(null, addresses);
        else callback(null, first!.address, first!.family);
      },
      (error: Error) => callback(error, ''),
    );
  };
}
