import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A connection was not made because its address is not a public one. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
}

/** Says whether an address may be connected to. */
export type AddressRule = (address: string) => boolean;

/** IANA has given out global unicast addresses from 2000::/3 alone; the rest includes ::127.0.0.1. */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Whether an address belongs to the public Internet. An IPv4 address inside an IPv6 one is judged as IPv4. */
export function isPublicAddress(address: string): boolean {
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST_V6);
}

/** Whether a URL's host is an address written out, for which no name is ever looked up. */
export function isAddressLiteral(hostname: string): boolean {
  return isIP(hostname) !== 0;
}
