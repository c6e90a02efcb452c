import test from 'ava';
import { SYSTEM_CLOCK } from '../../src/base/clock.ts';
import { type NameServer, startNameServer } from '../helpers/name-server.ts';
import { until } from '../helpers/until.ts';
import { kindOf, PATIENCE_MS, start, startServer } from './resolver-setup.ts';

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
