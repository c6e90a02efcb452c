import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { SYSTEM_CLOCK } from '../../src/base/clock.ts';
import { CachingResolver, type NameError, type ResolverOptions } from '../../src/download/resolver.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { type NameServer, type NameServerOptions, startNameServer } from '../helpers/name-server.ts';
import { until } from '../helpers/until.ts';
import { failureIn, imageIn, startDownloader, startHost } from './setup.ts';

interface Started {
  readonly server: NameServer;
  readonly resolver: CachingResolver;
  readonly clock: ManualClock;
}

async function start(
  t: ExecutionContext,
  options: Partial<ResolverOptions> & Partial<NameServerOptions> = {},
): Promise<Started> {
  const server = await startServer(t, options);
  const clock = new ManualClock();
  const families = ['A'] as const;
  const resolver = new CachingResolver({
    ...{ timeoutMs: 4000, servers: [server.address], families, clock },
    ...options,
  });
  t.teardown(() => resolver.close());
  return { server, resolver, clock };
}

async function startServer(
  t: ExecutionContext,
  options: Partial<NameServerOptions> = {},
): Promise<NameServer> {
  const server = await startNameServer({ ttlS: 60, ...options });
  t.teardown(() => server.close());
  return server;
}

async function kindOf(t: ExecutionContext, answer: Promise<unknown>): Promise<string | undefined> {
  return (await t.throwsAsync<NameError>(answer))?.kind;
}

/** A quarter of three quarters of 4000: after it, the next try. */
const PATIENCE_MS = 750;

test('a name is asked for once, however many wait for it, in whatever case', async (t) => {
  const { server, resolver } = await start(t);
  const answers = await Promise.all(
    ['one.test', 'ONE.test', 'one.test.'].map((name) => resolver.resolve(name)),
  );
  t.deepEqual(answers, [['127.0.0.1'], ['127.0.0.1'], ['127.0.0.1']]);
  t.deepEqual(server.questions, ['A one.test']);
});

test('an answer is kept for its TTL and asked for again after it', async (t) => {
  const { server, resolver, clock } = await start(t, { ttlS: 100 });
  await resolver.resolve('one.test');
  clock.advance(99_999);
  await resolver.resolve('one.test');
  t.is(server.questions.length, 1);
  clock.advance(2);
  await resolver.resolve('one.test');
  t.is(server.questions.length, 2);
});

test('a chain of aliases is good for the shortest of their times', async (t) => {
  const { server, resolver, clock } = await start(t, { ttlS: 100 });
  t.deepEqual(await resolver.resolve('chain.test'), ['127.0.0.1']);
  clock.advance(49_999);
  await resolver.resolve('chain.test');
  t.is(server.questions.length, 1);
  clock.advance(2);
  await resolver.resolve('chain.test');
  t.is(server.questions.length, 2);
});

test('an alias that comes without its address is followed by asking for its target', async (t) => {
  const { server, resolver } = await start(t);
  t.deepEqual(await resolver.resolve('to-to-ok.test'), ['127.0.0.1']);
  t.deepEqual(server.questions, ['A to-to-ok.test', 'A to-ok.test', 'A ok.test']);
  t.is(await kindOf(t, resolver.resolve('to-nx.test')), 'not_found');
});

test('aliases in a circle are noticed, though each answer tells one of them', async (t) => {
  const { server, resolver } = await start(t);
  const error = await t.throwsAsync<NameError>(resolver.resolve('ring.test'));
  t.is(error?.message, 'name servers failed: its aliases go in a circle');
  t.deepEqual(server.questions, ['A ring.test', 'A ringb.test']);
});

test('sixteen aliases are followed, and of one more it is said that it is too many, however they are told', async (t) => {
  const { server, resolver } = await start(t);
  const told = 'name servers failed: it has more than 16 aliases one after the other';
  t.deepEqual(await resolver.resolve('aliases16.test'), ['127.0.0.1']);
  t.is((await t.throwsAsync<NameError>(resolver.resolve('aliases17.test')))?.message, told);
  t.deepEqual(await resolver.resolve(`${'to-'.repeat(16)}ok.test`), ['127.0.0.1']);
  const before = server.questions.length;
  t.is((await t.throwsAsync<NameError>(resolver.resolve(`${'to-'.repeat(17)}no.test`)))?.message, told);
  t.is(server.questions.length - before, 17);
});

test('all questions about the aliases of a name have the time of one name', async (t) => {
  const { server, resolver, clock } = await start(t);
  const asked = kindOf(t, resolver.resolve('toheld.test'));
  await until(() => server.questions.length === 1);
  for (const tries of [2, 3]) {
    clock.advance(PATIENCE_MS);
    await until(() => server.questions.length === tries);
  }
  server.letGo();
  await until(() => server.questions.length === 4);
  // What was left, in four tries.
  for (let tries = 1; tries <= 4; tries++) {
    clock.advance(PATIENCE_MS / 2);
    await until(() => server.questions.length === Math.min(7, 4 + tries));
  }
  t.is(await asked, 'failed');
});

test('a TTL of nothing still serves the images of one moment, and one of weeks ends after ten minutes', async (t) => {
  for (const [ttlS, keptMs] of [
    [0, 30_000],
    [2_000_000, 600_000],
  ] as const) {
    const { server, resolver, clock } = await start(t, { ttlS });
    await resolver.resolve('one.test');
    clock.advance(keptMs - 1);
    await resolver.resolve('one.test');
    t.is(server.questions.length, 1);
    clock.advance(2);
    await resolver.resolve('one.test');
    t.is(server.questions.length, 2);
  }
});

for (const name of ['nx', 'empty', 'dangling', 'danglingnx']) {
  test(`${name}: no address is to be found, for as long as the zone says`, async (t) => {
    const { server, resolver, clock } = await start(t, { negativeTtlS: 200 });
    for (let i = 0; i < 2; i++) t.is(await kindOf(t, resolver.resolve(`${name}.test`)), 'not_found');
    // What exists may have an address of the other family.
    const asked = name.endsWith('nx') ? 1 : 2;
    t.is(server.questions.length, asked);
    clock.advance(199_999);
    t.is(await kindOf(t, resolver.resolve(`${name}.test`)), 'not_found');
    t.is(server.questions.length, asked);
    clock.advance(2);
    t.is(await kindOf(t, resolver.resolve(`${name}.test`)), 'not_found');
    t.is(server.questions.length, 2 * asked);
  });
}

test('a missing name of a zone that gives no time is asked for again after a minute', async (t) => {
  const { server, resolver, clock } = await start(t);
  t.is(await kindOf(t, resolver.resolve('nx.test')), 'not_found');
  clock.advance(59_999);
  t.is(await kindOf(t, resolver.resolve('nx.test')), 'not_found');
  t.is(server.questions.length, 1);
  clock.advance(2);
  t.is(await kindOf(t, resolver.resolve('nx.test')), 'not_found');
  t.is(server.questions.length, 2);
});

for (const name of ['broken', 'refused', 'loop', 'selfish', 'cuthangup', 'cutgarbage']) {
  test(`${name}: the name servers could not say, after a second try`, async (t) => {
    const { server, resolver } = await start(t);
    t.is(await kindOf(t, resolver.resolve(`${name}.test`)), 'failed');
    t.is(server.questions.filter((question) => !question.endsWith('tcp')).length, 2);
  });
}

test('a failing name is left alone for a second, then for twice as long each time, for a minute at the most', async (t) => {
  const { server, resolver, clock } = await start(t);
  const ask = async (): Promise<number> => {
    t.is(await kindOf(t, resolver.resolve('broken.test')), 'failed');
    return server.questions.length / 2;
  };
  t.is(await ask(), 1);
  let asked = 1;
  for (const pauseS of [1, 2, 4, 8, 16, 32, 60, 60]) {
    clock.advance(1000 * pauseS - 1);
    t.is(await ask(), asked);
    clock.advance(2);
    // Its zone has one name that fails.
    t.is(await ask(), ++asked, `after ${pauseS} s`);
    if (asked === 8) break;
  }
});

test('of a thousand names of one dead zone few are asked for, and one answer brings the zone back', async (t) => {
  const { server, resolver, clock } = await start(t);
  for (let i = 0; i < 1000; i++) t.is(await kindOf(t, resolver.resolve(`broken-${i}.dead.co.uk`)), 'failed');
  t.is(server.questions.length, 2 * 8);
  // Other owners under the same suffix are not concerned.
  t.deepEqual(await resolver.resolve('www.alive.co.uk'), ['127.0.0.1']);
  t.is(await kindOf(t, resolver.resolve('www.dead.co.uk')), 'failed');
  clock.advance(5_001);
  t.deepEqual(await resolver.resolve('one.dead.co.uk'), ['127.0.0.1']);
  t.deepEqual(await resolver.resolve('two.dead.co.uk'), ['127.0.0.1']);
});

test('a dead zone is asked for one name after each pause, which doubles', async (t) => {
  const { server, resolver, clock } = await start(t);
  let count = 0;
  const askTen = async (): Promise<number> => {
    const before = server.questions.length;
    for (let i = 0; i < 10; i++)
      t.is(await kindOf(t, resolver.resolve(`broken-${count++}.dead.test`)), 'failed');
    return (server.questions.length - before) / 2;
  };
  t.is(await askTen(), 8);
  clock.advance(5_001);
  t.is(await askTen(), 1);
  clock.advance(9_999);
  t.is(await askTen(), 0);
  clock.advance(2);
  t.is(await askTen(), 1);
});

test('after the pause of a dead zone, one of many names is asked for at a time', async (t) => {
  const { server, resolver, clock } = await start(t);
  for (let i = 0; i < 8; i++) t.is(await kindOf(t, resolver.resolve(`broken-${i}.dead.test`)), 'failed');
  clock.advance(5_001);
  const kinds = Array.from({ length: 10 }, (_, i) => kindOf(t, resolver.resolve(`broken-b${i}.dead.test`)));
  t.deepEqual(await Promise.all(kinds), Array(10).fill('failed'));
  t.is(server.questions.length, 2 * 9);
});

test('a name that failed and was found is one that was found', async (t) => {
  const { server, resolver, clock } = await start(t);
  t.is(await kindOf(t, resolver.resolve('mending.test')), 'failed');
  clock.advance(1_001);
  t.deepEqual(await resolver.resolve('mending.test'), ['127.0.0.1']);
  resolver.forgetMissing();
  t.deepEqual(await resolver.resolve('mending.test'), ['127.0.0.1']);
  t.is(server.questions.length, 3);
});

test('names that are missing do not make a zone dead', async (t) => {
  const { server, resolver } = await start(t);
  for (let i = 0; i < 20; i++) t.is(await kindOf(t, resolver.resolve(`nx-${i}.alive.test`)), 'not_found');
  t.is(server.questions.length, 20);
});

test('what failed is forgotten when the network is looked at anew', async (t) => {
  const { server, resolver } = await start(t);
  for (let i = 0; i < 10; i++) t.is(await kindOf(t, resolver.resolve(`broken-${i}.dead.test`)), 'failed');
  t.is(await kindOf(t, resolver.resolve('nx.test')), 'not_found');
  await resolver.resolve('one.test');
  const asked = server.questions.length;
  resolver.forgetMissing();
  t.is(await kindOf(t, resolver.resolve('broken-0.dead.test')), 'failed');
  t.is(await kindOf(t, resolver.resolve('broken-9.dead.test')), 'failed');
  t.is(await kindOf(t, resolver.resolve('nx.test')), 'not_found');
  await resolver.resolve('one.test');
  t.is(server.questions.length, asked + 2 + 2 + 1);
});

test('a silent name server is asked four times in three quarters of the time of a connection', async (t) => {
  const { server, resolver, clock } = await start(t);
  const answer = kindOf(t, resolver.resolve('silent.test'));
  for (let tries = 1; tries <= 4; tries++) {
    await until(() => server.questions.length === tries);
    clock.advance(PATIENCE_MS);
  }
  t.is(await answer, 'failed');
  t.is(clock.nowMs(), 3000);
});

test('a lost question is asked again', async (t) => {
  const { server, resolver, clock } = await start(t);
  const answer = resolver.resolve('second.test');
  await until(() => server.questions.length === 1);
  clock.advance(PATIENCE_MS);
  t.deepEqual(await answer, ['127.0.0.1']);
});

test('an answer that comes when the question was asked again is as good', async (t) => {
  const { server, resolver, clock } = await start(t);
  const answer = resolver.resolve('held.test');
  for (let tries = 1; tries <= 3; tries++) {
    await until(() => server.questions.length === tries);
    if (tries < 3) clock.advance(PATIENCE_MS);
  }
  server.letGo();
  t.deepEqual(await answer, ['127.0.0.1']);
});

for (const name of ['garbage', 'wrongid', 'othername']) {
  test(`${name}: what is no answer to the question is not listened to`, async (t) => {
    const { server, resolver } = await start(t);
    t.deepEqual(await resolver.resolve(`${name}.test`), ['127.0.0.1']);
    t.is(server.questions.length, 1);
  });
}

test('garbage alone is silence', async (t) => {
  const { server, resolver, clock } = await start(t);
  const answer = kindOf(t, resolver.resolve('onlygarbage.test'));
  for (let tries = 1; tries <= 4; tries++) {
    await until(() => server.questions.length === tries);
    clock.advance(PATIENCE_MS);
  }
  t.is(await answer, 'failed');
});

test('an answer that is too long for a datagram is fetched over TCP', async (t) => {
  const { server, resolver } = await start(t);
  t.deepEqual(await resolver.resolve('cut.test'), ['127.0.0.1']);
  t.deepEqual(server.questions, ['A cut.test', 'A cut.test tcp']);
});

for (const always of ['broken', 'refused', 'cuthangup']) {
  test(`where the first of two name servers answers ${always}, the second is asked, and from then on first`, async (t) => {
    const [bad, good] = [await startServer(t, { always }), await startServer(t)];
    const { resolver } = await start(t, { servers: [bad.address, good.address] });
    t.deepEqual(await resolver.resolve('one.test'), ['127.0.0.1']);
    const asked = bad.questions.length;
    t.deepEqual(await resolver.resolve('two.test'), ['127.0.0.1']);
    t.is(bad.questions.length, asked);
    t.is(good.questions.length, 2);
  });
}

test('where the first of two name servers is silent, the second is asked after its share of the time', async (t) => {
  const [bad, good] = [await startServer(t, { always: 'silent' }), await startServer(t)];
  const { resolver, clock } = await start(t, { servers: [bad.address, good.address] });
  const answer = resolver.resolve('one.test');
  await until(() => bad.questions.length === 1);
  clock.advance(PATIENCE_MS);
  t.deepEqual(await answer, ['127.0.0.1']);
  t.deepEqual(await resolver.resolve('two.test'), ['127.0.0.1']);
  t.is(bad.questions.length, 1);
});

test('an answer makes up for all that a name server has failed before', async (t) => {
  const first = await startServer(t, { kinds: { 'one.test': 'brokenheld' } });
  const second = await startServer(t, { kinds: { 'one.test': 'second', 'two.test': 'broken' } });
  const { resolver, clock } = await start(t, { servers: [first.address, second.address] });
  const one = resolver.resolve('one.test');
  for (const [asked, times] of [[first, 1] as const, [second, 1] as const, [first, 2] as const]) {
    await until(() => asked.questions.length === times);
    if (asked === second) first.letGo();
    clock.advance(PATIENCE_MS);
  }
  // The first was silent twice and failed, the second was silent once before it answered.
  t.deepEqual(await one, ['127.0.0.1']);
  t.deepEqual(await resolver.resolve('two.test'), ['127.0.0.1']);
  t.deepEqual(second.questions.slice(2), ['A two.test']);
  t.deepEqual(await resolver.resolve('three.test'), ['127.0.0.1']);
  t.deepEqual(first.questions.slice(2), ['A two.test', 'A three.test']);
});

test('a name server that fails late has nobody asked again while another one is waited for', async (t) => {
  const first = await startServer(t, { kinds: { 'one.test': 'brokenheld' } });
  const second = await startServer(t, { kinds: { 'one.test': 'silent' } });
  const { resolver, clock } = await start(t, { servers: [first.address, second.address] });
  const answer = kindOf(t, resolver.resolve('one.test'));
  await until(() => first.questions.length === 1);
  clock.advance(PATIENCE_MS);
  await until(() => second.questions.length === 1);
  first.letGo();
  // By then it would have been asked again: what is sent earlier comes earlier.
  const other = await start(t, { servers: [first.address] });
  for (const name of ['two.test', 'three.test', 'four.test']) await other.resolver.resolve(name);
  const times = ({ questions }: NameServer): number => questions.filter((one) => one === 'A one.test').length;
  t.deepEqual([times(first), times(second)], [1, 1]);
  clock.advance(PATIENCE_MS);
  await until(() => times(first) === 2);
  first.letGo();
  await until(() => times(second) === 2);
  clock.advance(PATIENCE_MS);
  t.is(await answer, 'failed');
});

test('where nobody listens at the address of the first, the second is asked at once', async (t) => {
  const gone = await startNameServer({ ttlS: 60 });
  await gone.close();
  const { resolver } = await start(t, { servers: [gone.address, (await startServer(t)).address] });
  t.deepEqual(await resolver.resolve('one.test'), ['127.0.0.1']);
});

test('no more questions are on their way than allowed, and a slow answer is in nobody’s way', async (t) => {
  const { server, resolver, clock } = await start(t, { maxInFlight: 2 });
  const slow = ['held-1.test', 'held-2.test'].map((name) => resolver.resolve(name));
  const third = resolver.resolve('one.test');
  await until(() => server.questions.length === 2);
  t.deepEqual([...server.questions].sort(), ['A held-1.test', 'A held-2.test']);
  clock.advance(PATIENCE_MS);
  t.deepEqual(await third, ['127.0.0.1']);
  server.letGo();
  t.deepEqual(await Promise.all(slow), [['127.0.0.1'], ['127.0.0.1']]);
});

test('thousands of names at once are all answered', async (t) => {
  // Packets may get lost on the way, and only a clock that goes has them sent again.
  const { resolver } = await start(t, { clock: SYSTEM_CLOCK, timeoutMs: 40_000 });
  const names = Array.from({ length: 3000 }, (_, i) => `name-${i}.test`);
  const answers = await Promise.all(names.map((name) => resolver.resolve(name)));
  t.true(answers.every(([address]) => address === '127.0.0.1'));
});

test('a machine of one family asks for the other only where a name has no address in the first', async (t) => {
  const { server, resolver } = await start(t);
  t.deepEqual(await resolver.resolve('both.test'), ['127.0.0.1', '127.0.0.2']);
  t.deepEqual(server.questions, ['A both.test']);
  t.deepEqual(await resolver.resolve('six.test'), ['::1']);
  t.deepEqual([...server.questions].sort(), ['A both.test', 'A six.test', 'AAAA six.test']);
  t.deepEqual(await (await start(t, { families: ['AAAA'] })).resolver.resolve('both.test'), ['::1']);
});

test('a machine of both families gets the addresses of both in turn, IPv6 first', async (t) => {
  const { resolver } = await start(t, { families: ['AAAA', 'A'] });
  t.deepEqual(await resolver.resolve('both.test'), ['::1', '127.0.0.1', '127.0.0.2']);
  t.deepEqual(await resolver.resolve('one.test'), ['127.0.0.1']);
  t.deepEqual(await resolver.resolve('six.test'), ['::1']);
  t.deepEqual(await resolver.resolve('fourbroken.test'), ['::1']);
  t.is(await kindOf(t, resolver.resolve('empty.test')), 'not_found');
  t.is(await kindOf(t, resolver.resolve('nx.test')), 'not_found');
  t.is(await kindOf(t, resolver.resolve('broken.test')), 'failed');
});

test('what the servers say of one family does not hide the addresses of the other, nor a failure', async (t) => {
  const { resolver } = await start(t, { families: ['AAAA', 'A'] });
  t.deepEqual(await resolver.resolve('sixnx.test'), ['127.0.0.1']);
  t.is(await kindOf(t, resolver.resolve('sixbroken.test')), 'failed');
});

for (const [silent, found, all] of [
  ['sixheld', ['127.0.0.1', '127.0.0.2'], ['::1', '127.0.0.1', '127.0.0.2']],
  ['fourheld', ['::1'], ['::1', '127.0.0.1', '127.0.0.2']],
] as const) {
  test(`${silent}: with an address at hand, the other family is waited for for a moment, and added when it comes`, async (t) => {
    const { server, resolver, clock } = await start(t, { families: ['AAAA', 'A'] });
    const answer = resolver.resolve(`${silent}.test`);
    await until(() => clock.waits(50));
    clock.advance(50);
    t.deepEqual(await answer, found);
    server.letGo();
    await until(async () => (await resolver.resolve(`${silent}.test`)).length === all.length);
    t.deepEqual(await resolver.resolve(`${silent}.test`), all);
    t.is(server.questions.length, 2);
  });
}

test('no more addresses of a name are remembered than any needs', async (t) => {
  const { resolver } = await start(t);
  t.is((await resolver.resolve('crowd.test')).length, 64);
});

test('no more names are remembered than allowed; the oldest is forgotten first', async (t) => {
  const { server, resolver } = await start(t, { maxNames: 2 });
  for (const name of ['a.test', 'b.test', 'c.test', 'c.test', 'b.test', 'a.test'])
    await resolver.resolve(name);
  t.deepEqual(server.questions, ['A a.test', 'A b.test', 'A c.test', 'A a.test']);
});

test('a name that no name server can be asked for is not found', async (t) => {
  const { server, resolver } = await start(t);
  for (const name of ['a..test', `${'a'.repeat(64)}.test`, Array(60).fill('abcd').join('.')])
    t.is(await kindOf(t, resolver.resolve(name)), 'not_found', name);
  t.deepEqual(server.questions, []);
  t.deepEqual(await resolver.resolve(`${'a'.repeat(63)}.test`), ['127.0.0.1']);
});

test('a zone exists where its name servers know it, whatever it holds', async (t) => {
  const { resolver } = await start(t);
  t.true(await resolver.zoneExists('com'));
  t.false(await resolver.zoneExists('nx'));
  t.false(await resolver.zoneExists('broken'));
});

test('closing gives up what is being asked', async (t) => {
  const { server, resolver } = await start(t);
  const answer = kindOf(t, resolver.resolve('silent.test'));
  await until(() => server.questions.length === 1);
  resolver.close();
  t.is(await answer, 'failed');
});

test('the hosts file goes before the name server, and localhost needs neither', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-hosts-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const hostsFile = join(folder, 'hosts');
  await writeFile(
    hostsFile,
    '# comment\n10.1.2.3\tmirror.test Mirror2.test # more\n::5 mirror.test\nnonsense one.test\n',
  );
  const { server, resolver } = await start(t, { hostsFile });
  t.deepEqual(await resolver.resolve('MIRROR.test'), ['10.1.2.3', '::5']);
  t.deepEqual(await resolver.resolve('mirror2.test'), ['10.1.2.3']);
  t.deepEqual(await resolver.resolve('localhost'), ['127.0.0.1', '::1']);
  t.deepEqual(server.questions, []);
  // A line whose first word is no address names nobody.
  t.deepEqual(await resolver.resolve('one.test'), ['127.0.0.1']);
  t.deepEqual(server.questions, ['A one.test']);
});

test('downloads resolve names here, and name failures are told apart', async (t) => {
  const host = await startHost(t);
  const { resolver } = await start(t);
  const downloader = startDownloader(t, {}, { resolver });
  imageIn(t, await downloader.download(`http://some.test:${host.port}/ok.jpg`));
  t.is(host.lastHeaders.host, `some.test:${host.port}`);
  imageIn(t, await downloader.download(`http://many.test:${host.port}/ok.jpg`));
  for (const name of ['nx', 'empty', 'dangling']) {
    t.deepEqual(failureIn(t, await downloader.download(`http://${name}.test/`)), {
      kind: 'failed',
      reason: 'dns_not_found',
      message: 'Name or service not known',
    });
  }
  for (const name of ['broken', 'loop']) {
    t.deepEqual(failureIn(t, await downloader.download(`http://${name}.test/`)), {
      kind: 'failed',
      reason: 'dns_failed',
      message: 'Temporary failure in name resolution',
    });
  }
});

const HAS_IPV6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

(HAS_IPV6 ? test : test.skip)(
  "where nobody listens at a name's IPv4 address, its IPv6 address is tried",
  async (t) => {
    const host = await startHost(t, { address: '::1' });
    const { resolver } = await start(t, { families: ['AAAA', 'A'] });
    const downloader = startDownloader(t, {}, { resolver });
    imageIn(t, await downloader.download(`http://both.test:${host.port}/ok.jpg`));
    t.is(host.connections, 1);
  },
);
