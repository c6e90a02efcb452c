import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CachingResolver, type NameError, type ResolverOptions } from '../../src/download/resolver.ts';
import { type NameServer, startNameServer } from '../helpers/name-server.ts';
import { failureIn, imageIn, startDownloader, startHost } from './setup.ts';

async function start(
  t: ExecutionContext,
  { ttlS = 60, ...options }: Partial<ResolverOptions> & { ttlS?: number } = {},
): Promise<{ server: NameServer; resolver: CachingResolver }> {
  const server = await startNameServer(ttlS);
  const resolver = new CachingResolver({ timeoutMs: 2000, servers: [server.address], ...options });
  t.teardown(async () => {
    resolver.close();
    await server.close();
  });
  return { server, resolver };
}

test('a name is asked for once, however many wait for it, in whatever case', async (t) => {
  const { server, resolver } = await start(t);
  const answers = await Promise.all(
    ['one.test', 'ONE.test', 'one.test.'].map((name) => resolver.resolve(name)),
  );
  t.deepEqual(answers, [['127.0.0.1'], ['127.0.0.1'], ['127.0.0.1']]);
  t.deepEqual(server.questions, ['A one.test']);
});

test('an answer is kept for its TTL and asked for again after it', async (t) => {
  let nowMs = 0;
  const { server, resolver } = await start(t, { ttlS: 100, nowMs: () => nowMs });
  await resolver.resolve('one.test');
  nowMs = 99_999;
  await resolver.resolve('one.test');
  t.is(server.questions.length, 1);
  nowMs = 100_001;
  await resolver.resolve('one.test');
  t.is(server.questions.length, 2);
});

test('a TTL of nothing still serves the images of one moment', async (t) => {
  const { server, resolver } = await start(t, { ttlS: 0 });
  await resolver.resolve('one.test');
  await resolver.resolve('one.test');
  t.is(server.questions.length, 1);
});

test('a name that does not exist is remembered as that; a failing server is asked again', async (t) => {
  const { server, resolver } = await start(t);
  for (let i = 0; i < 2; i++) {
    t.is((await t.throwsAsync<NameError>(resolver.resolve('nx.test')))?.kind, 'not_found');
  }
  t.is(server.questions.length, 1);
  t.is((await t.throwsAsync<NameError>(resolver.resolve('broken.test')))?.kind, 'failed');
  const asked = server.questions.length;
  t.is((await t.throwsAsync<NameError>(resolver.resolve('broken.test')))?.kind, 'failed');
  t.true(server.questions.length > asked);
});

test('a silent name server is a failure within the time of a connection', async (t) => {
  const { resolver } = await start(t, { timeoutMs: 400 });
  t.is((await t.throwsAsync<NameError>(resolver.resolve('silent.test')))?.kind, 'failed');
});

test('the other family is asked for only where the first has no address', async (t) => {
  const { server, resolver } = await start(t);
  t.deepEqual(await resolver.resolve('six.test'), ['::1']);
  t.deepEqual([...server.questions].sort(), ['A six.test', 'AAAA six.test']);
});

test('no more addresses are handed out than can be tried', async (t) => {
  const { resolver } = await start(t);
  t.is((await resolver.resolve('many.test')).length, 4);
});

test('no more names are remembered than allowed; the oldest is forgotten first', async (t) => {
  const { server, resolver } = await start(t, { maxNames: 2 });
  for (const name of ['a.test', 'b.test', 'c.test', 'c.test', 'b.test', 'a.test'])
    await resolver.resolve(name);
  t.deepEqual(server.questions, ['A a.test', 'A b.test', 'A c.test', 'A a.test']);
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
  t.deepEqual(failureIn(t, await downloader.download('http://nx.test/')), {
    kind: 'failed',
    reason: 'dns_not_found',
    message: 'Name or service not known',
  });
  t.deepEqual(failureIn(t, await downloader.download('http://broken.test/')), {
    kind: 'failed',
    reason: 'dns_failed',
    message: 'Temporary failure in name resolution',
  });
});
