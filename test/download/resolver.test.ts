import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { NameError } from '../../src/download/resolver.ts';
import { until } from '../helpers/until.ts';
import { kindOf, PATIENCE_MS, start } from './resolver-setup.ts';
import { failureIn, imageIn, startDownloader, startHost } from './setup.ts';

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
