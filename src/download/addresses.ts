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
 * Learn, "What is IP address 168.63.129.16?"). 161.26.0.0/16 and 166.8.0.0/14: IBM Cloud's endpoints of infrastructure
 * and services (IBM Cloud Docs, "Endpoints available for VPC"). 34.118.224.0/20: the services of each cluster of Google's
 * Kubernetes Engine, where no other range is given (Google Cloud, "VPC-native clusters"). What other clouds give their
 * machines lies in ranges that are refused anyway: 169.254.169.254 (most), 169.254.170.2 and fd00:ec2::254 (AWS),
 * 100.100.100.200 (Alibaba), 192.0.0.192 (Oracle), fd20:ce::254 (Google), fd00:42::42 (Scaleway).
 */
const PLATFORM_RANGES: readonly [ipaddr.IPv4, number][] = [
  '168.63.129.16/32',
  '161.26.0.0/16',
  '166.8.0.0/14',
  '34.118.224.0/20',
].map((range) => ipaddr.IPv4.parseCIDR(range));

/** The rule of a client that may, or may not, connect to what is not public. */
export function addressRule(allowPrivateAddresses: boolean): AddressRule {
  return allowPrivateAddresses ? () => true : isPublicAddress;
}

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
  const parsed = ipaddr.process(withoutDots(address));
  if (parsed.range() !== 'unicast') return false;
  if (parsed instanceof ipaddr.IPv4) return !PLATFORM_RANGES.some((range) => parsed.match(range));
  return parsed.match(GLOBAL_UNICAST_V6) && !isIsatap(parsed.parts);
}

/** ipaddr.js reads ::8.8.8.8 as ::ffff:8.8.8.8, which is another address; the URL Standard writes both without dots. */
function withoutDots(address: string): string {
  const isMixed = address.includes(':') && address.includes('.');
  return isMixed ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

function isIsatap(words: readonly number[]): boolean {
  return ISATAP_WORDS.some(([first, second]) => words[4] === first && words[5] === second);
}

/** Whether a URL's host is an address written out, for which no name is ever looked up. */
export function isAddressLiteral(hostname: string): boolean {
  return isIP(hostname) !== 0;
}
