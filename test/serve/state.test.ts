import test from 'ava';
import { startServer } from '../../src/serve/server.ts';
import { corrupt } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/reader.ts';
import { ask, connect, errorCode, jsonBody, makeWorld, octetBody } from './world.ts';

test('metrics count requests by route and status, and hashes by hit and miss', async (t) => {
  const { server } = await makeWorld(t);
  const agent = connect(t, 1);
  await ask(agent, server.url, '/score/-123');
  await ask(agent, server.url, '/score/6');
  await ask(agent, server.url, '/score/7');
  await ask(agent, server.url, '/scores', jsonBody([-123n, -123n, 5n, 8n]));
  await ask(agent, server.url, '/scores', octetBody(BigInt64Array.of(5n)));
  await ask(agent, server.url, '/scores', { method: 'POST' });
  await ask(agent, server.url, '/nowhere');
  const { text, headers } = await ask(agent, server.url, '/metrics');
  t.regex(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
  const metric = (name: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1),
    );
  t.is(metric('bowerbird_lookups_total{result="hit"}'), 1 + 3 + 1);
  t.is(metric('bowerbird_lookups_total{result="miss"}'), 2 + 1);
  const requests = (route: string, method: string, status: number): number =>
    metric(`bowerbird_http_requests_total{route="${route}",method="${method}",status="${status}"}`);
  t.is(requests('/score/:hash', 'GET', 200), 1);
  t.is(requests('/score/:hash', 'GET', 404), 2);
  t.is(requests('/scores', 'POST', 200), 2);
  t.is(requests('/scores', 'POST', 400), 1);
  t.is(requests('none', 'GET', 404), 1);
  t.is(metric('bowerbird_http_request_duration_seconds_count{route="/scores"}'), 3);
  t.is(metric('bowerbird_store_entries'), 4);
  t.true(metric('process_cpu_seconds_total') > 0);
  t.regex(
    text,
    /bowerbird_store_info\{version="v0001",columns="aesthetic,punsafe",precision="float16",checksum="\w{64}"\} 1/,
  );
});

test('a damaged store is a fault of the server: 500 without its paths, /readyz says no, the cause is told', async (t) => {
  const { path } = await makeWorld(t);
  const store = await openStore(path);
  t.teardown(() => store.close());
  const faults: unknown[] = [];
  const fail = (): never => {
    throw corrupt(`${path}/blocks.mdb`, 'a block has an impossible length');
  };
  const damaged = { get: fail, getMany: fail, meta: store.meta, versionPath: store.versionPath };
  const server = await startServer(damaged, { port: 0, onFault: (thrown) => faults.push(thrown) });
  t.teardown(() => server.stop());
  const agent = connect(t);
  for (const [target, options] of [
    ['/score/5', {}],
    ['/scores', jsonBody([5n])],
  ] as const) {
    const answer = await ask(agent, server.url, target, options);
    t.is(answer.status, 500);
    t.is(errorCode(answer), 'BB_STORE_CORRUPT');
    t.false(answer.text.includes(path));
  }
  t.is(faults.length, 2);
  t.like(await ask(agent, server.url, '/readyz'), {
    status: 503,
    json: { ready: false, reason: 'The store cannot be read.' },
  });
  t.is((await ask(agent, server.url, '/healthz')).status, 200);
});

test('each answered request is told of, once', async (t) => {
  const lines: object[] = [];
  const { server } = await makeWorld(t, { onRequest: (line) => lines.push(line) });
  const agent = connect(t, 1);
  await ask(agent, server.url, '/score?url=a&text=b');
  await ask(agent, server.url, '/scores', { ...jsonBody([5n]) });
  await ask(agent, server.url, '/healthz');
  t.like(lines[0], { method: 'GET', url: '/score?url=a&text=b', status: 404, remote: '127.0.0.1' });
  t.like(lines[1], { method: 'POST', url: '/scores', status: 200 });
});
