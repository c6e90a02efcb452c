import test from 'ava';
import { kindOf, start } from './resolver-setup.ts';

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
