import type { NetworkInterfaceInfo } from 'node:os';
import test from 'ava';
import { reachableFamilies } from '../../src/download/families.ts';

/** One address of an interface, as Node gives it. */
function at(address: string, internal = false): NetworkInterfaceInfo {
  const rest = { mac: '00:00:00:00:00:00', internal, cidr: null };
  return address.includes(':')
    ? { address, family: 'IPv6', netmask: 'ffff::', scopeid: 0, ...rest }
    : { address, family: 'IPv4', netmask: '255.0.0.0', ...rest };
}

const LOOPBACK = [at('127.0.0.1', true), at('::1', true)];

for (const [what, addresses, families] of [
  ['loopback alone', [], ['A']],
  ['an IPv4 address', ['192.168.1.5'], ['A']],
  ['an IPv4 address and a link-local one', ['192.168.1.5', 'fe80::1'], ['A']],
  ['an IPv4 address and one of an own IPv6 network', ['192.168.1.5', 'fd00::2'], ['A']],
  ['an IPv4 address and a public IPv6 address', ['192.168.1.5', '2a00:1450::5'], ['AAAA', 'A']],
  ['a public IPv6 address alone', ['2a00:1450::5'], ['AAAA']],
  ['one of an own IPv6 network alone', ['fd00::2'], ['AAAA']],
] as const) {
  test(`a machine with ${what} asks for ${families.join(' and ')}`, (t) => {
    const outside = addresses.map((address) => at(address));
    t.deepEqual([...reachableFamilies({ lo: LOOPBACK, eth0: outside, gone: undefined })], [...families]);
  });
}
