import { request } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { startWeb } from '../../src/web/server.ts';

interface Asked {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

/** A server with one page, and a way to send it any headers. */
async function start(t: ExecutionContext): Promise<{
  token: string;
  ask: (asked: Asked) => Promise<{ status: number; headers: Record<string, unknown>; text: string }>;
}> {
  const web = await startWeb({
    ...{ host: '127.0.0.1', port: 0 },
    routes: [
      { path: '/', answer: () => ({ type: 'text/plain', body: 'the page' }) },
      {
        path: '/fault',
        answer: () => {
          throw new Error('a secret');
        },
      },
    ],
  });
  t.teardown(() => web.stop());
  const ask = ({ path = '/', headers = {}, method = 'GET' }: Asked) =>
    new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
      const sent = request({ port: web.port, host: '127.0.0.1', path, method, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, text }));
      });
      sent.on('error', reject).end();
    });
  return { token: new URL(web.url).searchParams.get('token')!, ask };
}

test('whoever has the address gets the page, and a cookie that stands for the token from then on', async (t) => {
  const { token, ask } = await start(t);
  const first = await ask({ path: `/?token=${token}` });
  t.is(first.status, 200);
  const [cookie] = first.headers['set-cookie'] as string[];
  t.regex(cookie!, /; HttpOnly; SameSite=Strict$/);
  t.is((await ask({ headers: { cookie: `other=1; ${cookie!.split(';')[0]}` } })).status, 200);
});

test('without the token, or with another one, nothing is told', async (t) => {
  const { token, ask } = await start(t);
  for (const path of ['/', '/?token=', `/?token=${token}x`, '/nothing', '/fault']) {
    const { status, text } = await ask({ path });
    t.is(status, 401, path);
    t.regex(text, /BB_HTTP_UNAUTHORIZED/);
  }
});

test('a name that is led to this machine from elsewhere is refused, even with the token', async (t) => {
  const { token, ask } = await start(t);
  const path = `/?token=${token}`;
  for (const host of [
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
  ]) {
    t.is((await ask({ path, headers: { host } })).status, 421, host);
  }
  for (const host of ['localhost:9999', '127.0.0.1', '[::1]:80', '192.168.1.20:8421']) {
    t.is((await ask({ path, headers: { host } })).status, 200, host);
  }
});

test('a request that another page sends is refused, even with the token; a link to the page is not', async (t) => {
  const { token, ask } = await start(t);
  const path = `/?token=${token}`;
  const host = 'localhost:80';
  const refused: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:81' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'empty' },
  ];
  for (const headers of refused) t.is((await ask({ path, headers: { host, ...headers } })).status, 421);
  const admitted: Record<string, string>[] = [
    { origin: 'http://localhost:80' },
    { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'image' },
    { 'sec-fetch-site': 'none', 'sec-fetch-dest': 'document' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' },
  ];
  for (const headers of admitted) t.is((await ask({ path, headers: { host, ...headers } })).status, 200);
});

test('every answer forbids to be framed, sniffed, kept or read by other origins', async (t) => {
  const { token, ask } = await start(t);
  for (const path of [`/?token=${token}`, `/nothing?token=${token}`, `/fault?token=${token}`, '/']) {
    const { headers } = await ask({ path });
    t.is(headers['x-content-type-options'], 'nosniff');
    t.is(headers['x-frame-options'], 'DENY');
    t.is(headers['cross-origin-resource-policy'], 'same-origin');
    t.is(headers['cache-control'], 'no-store');
    t.is(headers['referrer-policy'], 'no-referrer');
    t.regex(String(headers['content-security-policy']), /default-src 'none'/);
  }
});

test('a defect is not told to the client', async (t) => {
  const { token, ask } = await start(t);
  const { status, text } = await ask({ path: `/fault?token=${token}` });
  t.is(status, 500);
  t.false(text.includes('secret'));
  t.is((await ask({ path: `/?token=${token}`, method: 'POST' })).status, 404);
});
