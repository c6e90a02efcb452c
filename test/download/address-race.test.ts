import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { AddressRace, SpareTries, type TryEvents } from '../../src/download/address-race.ts';
import type { Downloaded, Downloader } from '../../src/download/downloader.ts';
import type { NameResolver } from '../../src/download/resolver.ts';
import type { SampleFailure } from '../../src/samples/reasons.ts';
import type { FaultHost } from '../helpers/fault-host.ts';
import { startFullPort } from '../helpers/faults/full-port.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { SELF_SIGNED } from '../helpers/self-signed.ts';
import { startSocksProxy } from '../helpers/socks-proxy.ts';
import { until } from '../helpers/until.ts';
import { failureIn, imageIn, startDownloader, startHost, UNHURRIED } from './setup.ts';

/** RFC 8305, section 5. */
const STAGGER_MS = 250;

const HAS_IPV6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

/** Every name has these addresses. */
function named(addresses: readonly string[]): NameResolver {
  return {
    resolve: async () => addresses,
    known: () => undefined,
    isAnswered: async () => true,
    zoneExists: async () => true,
    forgetMissing: () => undefined,
    close: () => undefined,
  };
}

interface Setting {
  readonly host: FaultHost;
  readonly clock: ManualClock;
  readonly downloader: Downloader;
  readonly download: (path?: string) => Promise<Downloaded | SampleFailure>;
}

/** A host at 127.0.0.1, under a name that has these addresses. */
async function start(
  t: ExecutionContext,
  addresses: readonly string[],
  {
    full = [],
    ...options
  }: { full?: readonly string[]; threadCount?: number; connectTimeoutMs?: number } = {},
): Promise<Setting> {
  const host = await startHost(t);
  if (full.length > 0) {
    const port = await startFullPort(full, host.port);
    t.teardown(() => port.close());
  }
  const clock = new ManualClock();
  const downloader = startDownloader(
    t,
    { timeoutMs: 100_000, ...UNHURRIED, ...options },
    { clock, resolver: named(addresses) },
  );
  const download = (path = '/ok.jpg'): Promise<Downloaded | SampleFailure> =>
    downloader.download(`http://some.test:${host.port}${path}`);
  return { host, clock, downloader, download };
}

/** Connections to an address that this machine has asked for and not got (state SYN_SENT); undefined where it does not tell. */
function unanswered(address: string, port: number): number | undefined {
  if (!existsSync('/proc/net/tcp')) return undefined;
  const octets = address.split('.').map(Number).reverse();
  const hex = (value: number, digits: number): string =>
    value.toString(16).toUpperCase().padStart(digits, '0');
  const target = `${octets.map((octet) => hex(octet, 2)).join('')}:${hex(port, 4)}`;
  const lines = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return lines.filter(([, , remote, state]) => remote === target && state === '02').length;
}

/** Some connections that wait are those that have filled the port. */
async function waitsFor(setting: Setting, address: string, change: number, before: number): Promise<void> {
  await until(() => {
    const now = unanswered(address, setting.host.port);
    return now === undefined || now === before + change;
  });
}

test('an address that does not answer costs a quarter of a second, and its connection is ended', async (t) => {
  const setting = await start(t, ['127.0.0.2', '127.0.0.1'], { full: ['127.0.0.2'] });
  const { clock, host } = setting;
  const fillers = unanswered('127.0.0.2', host.port) ?? 0;
  const download = setting.download();
  await until(() => clock.waits(STAGGER_MS));
  await waitsFor(setting, '127.0.0.2', 1, fillers);
  clock.advance(STAGGER_MS - 1);
  t.true(clock.waits(STAGGER_MS), 'it is not time for the second');
  clock.advance(1);
  imageIn(t, await download);
  t.is(clock.nowMs(), STAGGER_MS);
  t.is(host.connections, 1);
  await waitsFor(setting, '127.0.0.2', 0, fillers);
});

test('an address that refuses costs no time', async (t) => {
  const { clock, download } = await start(t, ['127.0.0.2', '127.0.0.3', '127.0.0.1']);
  imageIn(t, await download());
  t.is(clock.nowMs(), 0);
});

test('addresses are tried in the order in which they are given, and the first that answers is the only one', async (t) => {
  const setting = await start(t, ['127.0.0.1', '127.0.0.2']);
  imageIn(t, await setting.download());
  t.is(setting.host.connections, 1);
  t.false(setting.clock.waits(STAGGER_MS), 'nothing more is about to be tried');
});

test('a first address that answers after the second was begun wins, and its spare try is given back', (t) => {
  const clock = new ManualClock();
  const spares = new SpareTries(1);
  const tries = new Map<string, TryEvents>();
  const ended: string[] = [];
  new AddressRace(['one', 'two', 'three'], {
    begin: (address, events) => {
      tries.set(address, events);
      return () => ended.push(address);
    },
    lost: (error) => t.fail(error.message),
    spares,
    clock,
  });
  clock.advance(STAGGER_MS);
  t.deepEqual([...tries.keys()], ['one', 'two']);
  t.false(spares.take());
  tries.get('one')!.connected();
  t.deepEqual(ended, ['two']);
  // A connection that was given up may still fail.
  tries.get('two')!.failed(new Error('closed'));
  t.false(clock.waits());
  t.deepEqual([...tries.keys()], ['one', 'two']);
  t.true(spares.take());
});

test('four addresses are tried, and no fifth', async (t) => {
  const dead = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];
  const { host, download } = await start(t, [...dead, '127.0.0.1']);
  t.is(failureIn(t, await download()).reason, 'connect_refused');
  t.is(host.connections, 0);
});

test('addresses that may not be connected to are none of the four', async (t) => {
  const host = await startHost(t);
  const refused = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
  const downloader = startDownloader(
    t,
    {},
    {
      resolver: named([...refused, '127.0.0.1']),
      isAddressAllowed: (address) => address === '127.0.0.1',
    },
  );
  imageIn(t, await downloader.download(`http://some.test:${host.port}/ok.jpg`));
});

test('where one address refuses and the others are silent, the connection has all of its time', async (t) => {
  const full = ['127.0.0.2', '127.0.0.4'];
  const setting = await start(t, ['127.0.0.2', '127.0.0.3', '127.0.0.4'], { full, connectTimeoutMs: 4000 });
  const fillers = full.map((address) => unanswered(address, setting.host.port) ?? 0);
  const download = setting.download();
  await until(() => setting.clock.waits(STAGGER_MS));
  setting.clock.advance(STAGGER_MS);
  // The second has refused, and so the third is begun at once.
  await waitsFor(setting, '127.0.0.4', 1, fillers[1]!);
  setting.clock.advance(4000 - STAGGER_MS);
  const failure = failureIn(t, await download);
  t.deepEqual([failure.reason, failure.message], ['connect_timeout', 'timed out: no connection']);
  for (const [i, address] of full.entries()) await waitsFor(setting, address, 0, fillers[i]!);
});

test('with one connection to spare, no more than two are under way, and the oldest gives way', async (t) => {
  const full = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
  const setting = await start(t, [...full, '127.0.0.1'], { full, threadCount: 1 });
  const fillers = full.map((address) => unanswered(address, setting.host.port) ?? 0);
  const download = setting.download();
  for (let begun = 1; begun <= 3; begun++) {
    await until(() => setting.clock.waits(STAGGER_MS));
    await waitsFor(setting, full[begun - 1]!, 1, fillers[begun - 1]!);
    if (begun === 3) await waitsFor(setting, full[0]!, 0, fillers[0]!);
    setting.clock.advance(STAGGER_MS);
  }
  imageIn(t, await download);
  // What was spared is there for the next.
  for (const [i, address] of full.entries()) await waitsFor(setting, address, 0, fillers[i]!);
});

test('an address that is connected to is kept to, whatever becomes of TLS', async (t) => {
  const plain = await startHost(t, { address: '127.0.0.2' });
  const clock = new ManualClock();
  const downloader = startDownloader(t, UNHURRIED, { clock, resolver: named(['127.0.0.2', '127.0.0.1']) });
  t.is(
    failureIn(t, await downloader.download(`https://some.test:${plain.port}/ok.jpg`)).reason,
    'tls_failed',
  );
  t.is(plain.connections, 1);
  t.false(clock.waits(STAGGER_MS));
});

test('over TLS too the next address is tried, under the name of the host', async (t) => {
  const host = await startHost(t, { tls: SELF_SIGNED });
  const clock = new ManualClock();
  const downloader = startDownloader(
    t,
    { ...UNHURRIED, tlsInsecure: true },
    { clock, resolver: named(['127.0.0.2', '127.0.0.1']) },
  );
  imageIn(t, await downloader.download(`https://some.test:${host.port}/ok.jpg`));
  t.is(host.lastHeaders.host, `some.test:${host.port}`);
});

test('a SOCKS proxy that does not reach an address is asked for the next', async (t) => {
  const host = await startHost(t);
  const proxy = await startSocksProxy({ reply: 4, repliesTo: '127.0.0.2' });
  t.teardown(() => proxy.close());
  const environment = { all_proxy: `socks5://127.0.0.1:${proxy.port}` };
  const resolver = named(['127.0.0.2', '127.0.0.1', '127.0.0.3']);
  const downloader = startDownloader(t, {}, { environment, resolver });
  imageIn(t, await downloader.download(`http://some.test:${host.port}/ok.jpg`));
  t.deepEqual(proxy.asked, ['5 address 127.0.0.2', '5 address 127.0.0.1']);
});

test('a SOCKS proxy that reaches no address is asked for four, and the row says why', async (t) => {
  const proxy = await startSocksProxy({ reply: 5 });
  t.teardown(() => proxy.close());
  const environment = { all_proxy: `socks5://127.0.0.1:${proxy.port}` };
  const resolver = named(Array.from({ length: 6 }, (_, i) => `127.0.0.${i + 1}`));
  const downloader = startDownloader(t, {}, { environment, resolver });
  t.is(failureIn(t, await downloader.download('http://some.test:1/ok.jpg')).reason, 'connect_refused');
  t.is(proxy.asked.length, 4);
});

const withIpv6 = HAS_IPV6 ? test : test.skip;

withIpv6(
  'where the machine has ::1: an IPv6 address that refuses costs nothing where there is an IPv4 one',
  async (t) => {
    const { clock, host, download } = await start(t, ['::1', '127.0.0.1']);
    imageIn(t, await download());
    t.deepEqual([clock.nowMs(), host.connections], [0, 1]);
  },
);

withIpv6(
  'where the machine has ::1: of an IPv6 and an IPv4 address that both answer, the first is taken',
  async (t) => {
    const six = await startHost(t, { address: '::1' });
    const downloader = startDownloader(t, {}, { resolver: named(['::1', '127.0.0.1']) });
    imageIn(t, await downloader.download(`http://some.test:${six.port}/ok.jpg`));
    t.is(six.connections, 1);
  },
);
