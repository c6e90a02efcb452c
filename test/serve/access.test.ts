import test from 'ava';
import { ask, connect, errorCode, jsonBody, makeWorld } from './world.ts';

const TOKEN = 'correct-horse-battery';
const OPEN_PATHS = ['/healthz', '/readyz', '/openapi.json', '/docs'];
const CLOSED_PATHS = ['/score/-123', '/score?url=a', '/metrics'];

test('with a token, scores and metrics need it; probes and the description do not', async (t) => {
  const { server } = await makeWorld(t, { token: TOKEN });
  const agent = connect(t);
  const wrong = [
    undefined,
    'Bearer',
    'Bearer ',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Basic ${TOKEN}`,
    TOKEN,
    'Bearer correct-horse-batterz',
  ];
  for (const authorization of wrong) {
    const headers = authorization === undefined ? {} : { authorization };
    for (const path of CLOSED_PATHS) {
      const answer = await ask(agent, server.url, path, { headers });
      t.is(answer.status, 401, `${path} ${authorization}`);
      t.is(errorCode(answer), 'BB_HTTP_UNAUTHORIZED');
      t.is(answer.headers['www-authenticate'], 'Bearer');
      t.false(answer.text.includes(TOKEN));
    }
    for (const path of OPEN_PATHS) t.is((await ask(agent, server.url, path, { headers })).status, 200, path);
  }
  const { body } = jsonBody([5n]);
  const headers = { 'content-type': 'application/json' };
  t.is((await ask(agent, server.url, '/scores', { method: 'POST', headers, body: body! })).status, 401);
  const authorized = { ...headers, authorization: `Bearer ${TOKEN}` };
  t.is((await ask(agent, server.url, '/score/-123', { headers: authorized })).status, 200);
  t.is((await ask(agent, server.url, '/metrics', { headers: authorized })).status, 200);
  const posted = await ask(agent, server.url, '/scores', {
    method: 'POST',
    headers: authorized,
    body: body!,
  });
  t.is(posted.status, 200);
});

test('without a token the body is not read', async (t) => {
  const { server } = await makeWorld(t, { token: TOKEN });
  const options = {
    method: 'POST' as const,
    headers: { 'content-type': 'application/json' },
    body: '{"hashes":',
  };
  t.is((await ask(connect(t), server.url, '/scores', options)).status, 401);
});

test('pages of allowed origins may read answers, those of others may not', async (t) => {
  const origin = 'https://example.org';
  const { server } = await makeWorld(t, { corsOrigins: [origin, 'http://localhost:3000'], token: TOKEN });
  const agent = connect(t);
  const allowedFor = async (from: string): Promise<unknown> => {
    const answer = await ask(agent, server.url, '/score/-123', {
      headers: { origin: from, authorization: `Bearer ${TOKEN}` },
    });
    t.is(answer.status, 200);
    t.regex(String(answer.headers['vary']), /origin/i);
    return answer.headers['access-control-allow-origin'];
  };
  t.is(await allowedFor(origin), origin);
  t.is(await allowedFor('http://localhost:3000'), 'http://localhost:3000');
  for (const other of [
    'https://example.org.evil.test',
    'http://example.org',
    'null',
    'https://sub.example.org',
  ])
    t.is(await allowedFor(other), undefined, other);
  // Browsers send no token with a preflight.
  const preflight = await ask(agent, server.url, '/scores', {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  });
  t.is(preflight.status, 204);
  t.is(preflight.headers['access-control-allow-origin'], origin);
  t.regex(String(preflight.headers['access-control-allow-methods']), /POST/);
  t.regex(String(preflight.headers['access-control-allow-headers']), /Authorization/);
  // Errors, too, must be readable for the page to show them.
  const refused = await ask(agent, server.url, '/score/x', { headers: { origin } });
  t.is(refused.status, 401);
  t.is(refused.headers['access-control-allow-origin'], origin);
});

test('without --cors-origin no page of another origin may read anything', async (t) => {
  const { server } = await makeWorld(t);
  const agent = connect(t);
  const headers = { origin: 'https://example.org' };
  const answer = await ask(agent, server.url, '/score/-123', { headers });
  t.is(answer.headers['access-control-allow-origin'], undefined);
  t.is((await ask(agent, server.url, '/scores', { method: 'OPTIONS', headers })).status, 405);
});

test('an address has so many requests a minute, wrong tokens and wrong paths included; probes are not counted', async (t) => {
  const limit = 12;
  const { server } = await makeWorld(t, { rateLimit: limit, token: TOKEN });
  const agent = connect(t, 1);
  const right = { headers: { authorization: `Bearer ${TOKEN}` } };
  const statuses: number[] = [];
  for (let i = 0; i < limit; i++) {
    const [path, options] = [
      ['/score/-123', right],
      ['/score/-123', {}],
      ['/nowhere', right],
    ][i % 3] as [string, object];
    statuses.push((await ask(agent, server.url, path, options)).status);
    t.is((await ask(agent, server.url, '/healthz')).status, 200);
  }
  t.deepEqual(statuses, Array.from({ length: limit / 3 }, () => [200, 401, 404]).flat());
  for (const path of ['/score/-123', '/metrics', '/nowhere']) {
    const refused = await ask(agent, server.url, path, right);
    t.is(refused.status, 429, path);
    t.is(errorCode(refused), 'BB_HTTP_RATE_LIMIT');
    t.true(Number(refused.headers['retry-after']) > 0);
  }
  t.is((await ask(agent, server.url, '/readyz')).status, 200);
});

test('behind a trusted proxy the limit is on the addresses that it names, elsewhere the header is ignored', async (t) => {
  const from = (address: string): object => ({ headers: { 'x-forwarded-for': address } });
  const statusesOf = async (trustedProxies: string[]): Promise<number[]> => {
    const { server } = await makeWorld(t, { rateLimit: 1, trustedProxies });
    const agent = connect(t);
    const statuses: number[] = [];
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.1'])
      statuses.push((await ask(agent, server.url, '/score/-123', from(address))).status);
    return statuses;
  };
  t.deepEqual(await statusesOf(['127.0.0.0/8']), [200, 200, 429]);
  t.deepEqual(await statusesOf([]), [200, 429, 429]);
});
