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

/**
 * Addresses that look public and are a cloud's inside. 168.63.129.16: Azure's wire server and name server (Microsoft
 * Learn, "What is IP address 168.63.129.16?"). The other clouds' lie in ranges that are refused anyway:
 * 169.254.169.254 (most), 100.100.100.200 (Alibaba), 192.0.0.192 (Oracle), fd00:ec2::254 (AWS), fd20:ce::254 (Google).
 */
const PLATFORM_ADDRESSES: ReadonlySet<string> = new Set(['168.63.129.16']);

/** The interface part of an ISATAP address (RFC 5214, 6.1): 0000:5efe or 0200:5efe, then an IPv4 address. */
const ISATAP_WORDS: readonly (readonly number[])[] = [
  [0x0000, 0x5efe],
  [0x0200, 0x5efe],
];

/**
 * Whether an address belongs to the public Internet. An IPv4 address inside an IPv6 one is judged as IPv4, and what
 * translates or tunnels to IPv4 (NAT64, 6to4, Teredo) is no public address. Nor is one with a zone, or what is none.
 */
export function isPublicAddress(address: string): boolean {
  // A zone (fe80::1%eth0) names a link of this machine; ipaddr.js does not read all that systems allow there.
  if (isIP(address) === 0 || address.includes('%')) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast' || PLATFORM_ADDRESSES.has(parsed.toString())) return false;
  if (parsed instanceof ipaddr.IPv4) return true;
  return parsed.match(GLOBAL_UNICAST_V6) && !isIsatap(parsed.parts);
}

function isIsatap(words: readonly number[]): boolean {
  return ISATAP_WORDS.some(([first, second]) => words[4] === first && words[5] === second);
}

/** Whether a URL's host is an address written out, for which no name is ever looked up. */
export function isAddressLiteral(hostname: string): boolean {
  return isIP(hostname) !== 0;
}
