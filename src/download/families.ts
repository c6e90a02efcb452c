import { isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { isPublicAddress } from './addresses.ts';

/** The kinds of addresses that a machine can reach, the one to try first before the other. */
export type Families = readonly ['A'] | readonly ['AAAA'] | readonly ['AAAA', 'A'];

/**
 * IPv6 where the machine has an address of it that the Internet knows, and then first (RFC 6724, 2.1); IPv4 unless the machine has
 * addresses of IPv6 alone.
 *
 * @param interfaces as `os.networkInterfaces()` gives them
 */
export function reachableFamilies(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): Families {
  const outside = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal);
  const hasV4 = outside.some(({ address }) => isIP(address) === 4);
  const hasV6 = outside.some(({ address }) => isIP(address) === 6 && isPublicAddress(address));
  if (hasV4 && hasV6) return ['AAAA', 'A'];
  return outside.length > 0 && !hasV4 ? ['AAAA'] : ['A'];
}
