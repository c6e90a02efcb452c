import test, { type ExecutionContext } from 'ava';
import { AddressRefusedError } from '../../src/download/addresses.ts';
import { Guard } from '../../src/download/guard.ts';
import { CachingResolver } from '../../src/download/resolver.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { type NameServer, type NameServerOptions, startNameServer } from '../helpers/name-server.ts';
import { until } from '../helpers/until.ts';
import { behind, FixedNames, httpProxy } from './proxy-setup.ts';
import { failureIn, imageIn, startHost } from './setup.ts';

/** What `at5` has, which is not allowed here; all else is. */
const INSIDE = '127.0.0.5';
const isAddressAllowed = (address: string): boolean => address !== INSIDE;

/** Of a single server, four tries within three quarters of this. */
const TIMEOUT_MS = 4_000;
const TRY_MS = (0.75 * TIMEOUT_MS) / 4;

interface Started {
  readonly server: NameServer;
  readonly clock: ManualClock;
  /** Whether a name would be left to the proxy. */
  readonly isLeft: (name: string) => Promise<boolean>;
  /** The same for a name to which no server says anything. */
  readonly isLeftInSilence: (name: string) => Promise<boolean>;
}

async function start(t: ExecutionContext, options: Partial<NameServerOptions> = {}): Promise<Started> {
  const server = await startNameServer({ ttlS: 600, ...options });
  t.teardown(() => server.close());
  const clock = new ManualClock();
  const resolver = new CachingResolver({
    ...{ timeoutMs: TIMEOUT_MS, servers: [server.address], families: ['A'], clock },
  });
  t.teardown(() => resolver.close());
  const guard = new Guard(resolver, isAddressAllowed, () => clock.nowMs());
  const isLeft = async (name: string): Promise<boolean> => {
    try {
      await guard.checkForProxy(name);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof AddressRefusedError)) throw thrown;
      return false;
    }
  };
  const isLeftInSilence = async (name: string): Promise<boolean> => {
    const answer = isLeft(name);
    let isOver = false;
    void answer.then(() => {
      isOver = true;
    });
    await until(() => {
      if (clock.waits(TRY_MS)) clock.advance(TRY_MS);
      return isOver;
    });
    return answer;
  };
  return { server, clock, isLeft, isLeftInSilence };
}

for (const dead of ['broken', 'refused', 'silent']) {
  test(`names behind a proxy that end as "${dead}" keep no other name from being looked at`, async (t) => {
    const { isLeft, isLeftInSilence } = await start(t);
    t.false(await isLeft('at5.a.com'));
    for (let i = 0; i < 4; i++) t.true(await isLeftInSilence(`${dead}.x${i}.com`));
    for (let i = 0; i < 3; i++) t.true(await isLeft(`good.f${i}.com`));
    t.false(await isLeft('at5.a.com'));
    t.false(await isLeft('at5.b.com'));
  });
}

test('silent names at the start of a list keep no other name from being looked at, where a server is there', async (t) => {
  const { isLeft, isLeftInSilence, server } = await start(t);
  for (let i = 0; i < 4; i++) t.true(await isLeftInSilence(`silent.x${i}.com`));
  t.true(server.questions.includes('SOA com'));
  t.false(await isLeft('at5.a.com'));
});

test('where there is no name server, names are left to the proxy unasked for a minute', async (t) => {
  const { isLeft, isLeftInSilence, clock, server } = await start(t, { always: 'silent' });
  for (let i = 0; i < 3; i++) t.true(await isLeftInSilence(`any.x${i}.com`));
  const asked = server.questions.length;
  for (let i = 0; i < 5; i++) t.true(await isLeft(`other.x${i}.com`));
  t.is(server.questions.length, asked);
  clock.advance(60_000);
  t.true(await isLeftInSilence('later.com'));
  t.true(server.questions.length > asked);
});

test('a name that was refused stays so while its name server is gone', async (t) => {
  const names: Record<string, string> = {};
  const { isLeft, isLeftInSilence, clock } = await start(t, { kinds: names });
  t.false(await isLeft('at5.a.com'));
  for (const name of ['at5.a.com', 'at5.b.com', 'com']) names[name] = 'silent';
  clock.advance(600_000);
  for (let i = 0; i < 3; i++) t.true(await isLeftInSilence(`silent.x${i}.com`));
  t.true(await isLeft('at5.b.com'), 'it pauses');
  t.false(await isLeft('AT5.a.com.'));
});

test('a proxy is asked for no private host after rows whose names fail', async (t) => {
  const server = await startNameServer({ ttlS: 600 });
  t.teardown(() => server.close());
  const resolver = new CachingResolver({
    ...{ timeoutMs: 3_600_000, servers: [server.address], families: ['A'] },
  });
  t.teardown(() => resolver.close());
  const [host, proxy] = [await startHost(t), await httpProxy(t)];
  const downloader = behind(
    t,
    { all_proxy: `http://127.0.0.1:${proxy.port}` },
    { threadCount: 2, parts: { resolver, isAddressAllowed } },
  );
  const ask = (name: string): ReturnType<typeof downloader.download> =>
    downloader.download(`http://${name}:${host.port}/ok.jpg`);
  t.is(failureIn(t, await ask('at5.a.com')).reason, 'address_refused');
  for (let i = 0; i < 4; i++) imageIn(t, await ask(`broken.x${i}.com`));
  for (const name of ['at5.a.com', 'at5.b.com'])
    t.is(failureIn(t, await ask(name)).reason, 'address_refused');
  t.is(proxy.asked.length, 4);
});

test('rows behind a proxy do not wait one by one where there are no name servers', async (t) => {
  const [host, proxy, resolver] = [await startHost(t), await httpProxy(t), new FixedNames()];
  const downloader = behind(t, { all_proxy: `http://127.0.0.1:${proxy.port}` }, { parts: { resolver } });
  for (let i = 0; i < 10; i++)
    imageIn(t, await downloader.download(`http://mute${i}.test:${host.port}/ok.jpg`));
  t.is(resolver.asked.length, 3);
});
