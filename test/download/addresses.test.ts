import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { isPublicAddress } from '../../src/download/addresses.ts';
import { CachingResolver, type NameResolver } from '../../src/download/resolver.ts';
import { failureIn, imageIn, startDownloader, startHost } from './setup.ts';

/** Hosts in URLs; every form that a browser would read as an address of this machine, its network or its provider. */
const PRIVATE_HOSTS = [
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f.1',
  '0x7f000001',
  '0177.0.0.1',
  '0.0.0.0',
  '0',
  '１２７.0.0.1',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[2002:7f00:1::]',
  '[2001:0:7f00:1::]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b:1::10.0.0.1]',
  '[2606:4700::5efe:127.0.0.1]',
  '[2606:4700::200:5efe:10.0.0.1]',
  '168.63.129.16',
  '[::ffff:168.63.129.16]',
  '100.100.100.200',
  '161.26.0.10',
  '166.9.249.118',
  '34.118.224.1',
  '169.254.170.2',
  '[fd00:42::42]',
  '192.0.0.192',
  '[fd00:ec2::254]',
  '[fd20:ce::254]',
  '[fe80::1]',
  '[fd00::1]',
  'localhost',
  'LOCALHOST.',
  'a.localhost',
  'rebind.test',
];

test('an address with a zone, and what is no address, is not public, and nothing is thrown', (t) => {
  for (const address of [
    'fe80::1%eth0',
    'fe80::1%eth0.100',
    '2606:4700::1%1',
    'fe80::1%',
    'x',
    '',
    '1.2.3',
    '08.1.1.1',
  ])
    t.false(isPublicAddress(address), address);
  t.true(isPublicAddress('2606:4700::1111'));
  t.true(isPublicAddress('168.63.129.17'));
});

test('a URL with a zone is no URL; a name that the hosts file gives a zone is refused', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-hosts-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const hostsFile = join(folder, 'hosts');
  await writeFile(hostsFile, 'fe80::1%eth0.100 vlan.test\nfe80::1%eth0 link.test\n');
  const downloader = startDownloader(
    t,
    {},
    { resolver: new CachingResolver({ timeoutMs: 1000, hostsFile }), isAddressAllowed: isPublicAddress },
  );
  t.is(failureIn(t, await downloader.download('http://vlan.test/a.jpg')).reason, 'address_refused');
  t.is(failureIn(t, await downloader.download('https://link.test/a.jpg')).reason, 'address_refused');
  t.is(failureIn(t, await downloader.download('http://[fe80::1%25eth0]/a.jpg')).reason, 'url_invalid');
  t.is(failureIn(t, await downloader.download('http://[fe80::1%eth0]/a.jpg')).reason, 'url_invalid');
});

/** A name server that answers with addresses of this machine. */
const LOOPBACK_RESOLVER: NameResolver = {
  resolve: async (name) => (name.includes('rebind') ? ['127.0.0.1', '::1', '10.0.0.1'] : ['127.0.0.1']),
  known: () => undefined,
  isAnswered: async () => true,
  zoneExists: async () => true,
  forgetMissing: () => undefined,
  close: () => undefined,
};

for (const name of PRIVATE_HOSTS) {
  test(`http and https to ${name} are refused without a connection`, async (t) => {
    const host = await startHost(t);
    const downloader = startDownloader(
      t,
      { allowPrivateAddresses: false, retries: 2 },
      { resolver: LOOPBACK_RESOLVER },
    );
    for (const scheme of ['http', 'https']) {
      t.deepEqual(await downloader.download(`${scheme}://${name}:${host.port}/ok.jpg`), {
        kind: 'failed',
        reason: 'address_refused',
        message: 'The host has no public address',
      });
    }
    t.is(host.connections, 0);
  });

  test(`a redirect to ${name} is refused without a second request`, async (t) => {
    const host = await startHost(t, { address: '127.0.0.9' });
    const downloader = startDownloader(
      t,
      { retries: 2 },
      {
        resolver: LOOPBACK_RESOLVER,
        isAddressAllowed: (address) => address === '127.0.0.9' || isPublicAddress(address),
      },
    );
    const location = encodeURIComponent(`http://${name}:${host.port}/ok.jpg`);
    const outcome = await downloader.download(host.url(`/redirect-to?url=${location}`));
    t.is(failureIn(t, outcome).reason, 'address_refused');
    t.is(host.requests(), 1);
  });
}

test('of the addresses of a name only the allowed ones are connected to', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(
    t,
    {},
    { resolver: LOOPBACK_RESOLVER, isAddressAllowed: (address) => address === '127.0.0.1' },
  );
  imageIn(t, await downloader.download(`http://rebind.test:${host.port}/ok.jpg`));
});

test('public addresses are told from the others', (t) => {
  // Addresses of well-known public servers, and the special-purpose registries of IANA (RFC 6890).
  for (const address of [
    '8.8.8.8',
    '93.184.216.34',
    '1.1.1.1',
    '2606:4700::1111',
    '2a00:1450:4001::1',
    '::ffff:8.8.8.8',
    // Neighbours of what is not public.
    ...['9.255.255.255', '11.0.0.1', '100.63.255.255', '100.128.0.1', '126.255.255.255', '128.0.0.1'],
    ...['169.253.255.255', '169.255.0.1', '172.15.255.255', '172.32.0.1', '192.167.255.255', '192.169.0.1'],
    ...['198.17.255.255', '198.20.0.1', '223.255.255.255', '34.118.223.255', '34.118.240.1'],
    ...['161.25.255.255', '161.27.0.1', '166.7.255.255', '166.12.0.1', '168.63.129.15'],
    ...['2001:200::1', '2003::1', '2606:4700:0:0:1:5efe:808:808'],
  ]) {
    t.true(isPublicAddress(address), address);
  }
  for (const address of [
    '198.18.0.1',
    '192.0.2.1',
    '240.0.0.1',
    '255.255.255.255',
    '224.0.0.1',
    '2001:db8::1',
    '4000::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    // IPv4: this network, protocol assignments, 6to4 relays, documentation, multicast.
    ...['0.1.2.3', '192.0.0.8', '192.88.99.1', '198.51.100.1', '203.0.113.1', '233.252.0.1'],
    ...['198.19.255.255', '100.127.255.255', '172.31.255.255', '239.255.255.255'],
    // What holds an IPv4 address, public or not: compatible, translated, NAT64 (the Internet's and one's own), 6to4, Teredo.
    ...['::8.8.8.8', '::ffff:0:8.8.8.8', '64:ff9b::8.8.8.8', '64:ff9b:1::8.8.8.8', '64:ff9b:1:fffe::1'],
    ...['2002:808:808::1', '2001:0:808:808::1', '2606:4700::5efe:8.8.8.8', '2606:4700::200:5efe:808:808'],
    // IPv6: discard, ORCHID (both), benchmarking, drones, documentation (both), segment routing, local, site-local.
    ...[
      '100::1',
      '2001:10::1',
      '2001:20::1',
      '2001:2::1',
      '2001:30::1',
      '2001:1ff::1',
      '3fff::1',
      '3fff:fff::1',
    ],
    ...['5f00::1', 'fc00::1', 'fec0::1', 'ff0e::1', '1fff::1', '::', '::2'],
    // Platforms of clouds.
    ...['168.63.129.16', '161.26.0.1', '161.26.255.255', '166.8.0.1', '166.11.255.255', '34.118.239.255'],
    ...['::ffff:161.26.0.1', '169.254.170.2', '169.254.42.42'],
  ]) {
    t.false(isPublicAddress(address), address);
  }
});
