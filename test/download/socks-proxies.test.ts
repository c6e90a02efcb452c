import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { image, LENGTH } from '../helpers/faults/kind.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { portOf, startRawHost } from '../helpers/raw-host.ts';
import { SELF_SIGNED } from '../helpers/self-signed.ts';
import { until } from '../helpers/until.ts';
import { behind, socksProxy } from './proxy-setup.ts';
import { failureIn, imageIn, startHost } from './setup.ts';

for (const [scheme, words] of [
  ['socks5', '5 address 8.8.8.8'],
  ['socks', '5 address 8.8.8.8'],
  ['socks5h', '5 name some.test'],
  ['socks4', '4 address 8.8.8.8'],
  ['socks4a', '4 name some.test'],
] as const) {
  test(`${scheme}: http and https go through the SOCKS proxy, which is told "${words}"`, async (t) => {
    const [host, secure] = [await startHost(t), await startHost(t, { tls: SELF_SIGNED })];
    const proxy = await socksProxy(t);
    const downloader = behind(t, { all_proxy: `${scheme}://127.0.0.1:${proxy.port}` }, { tlsInsecure: true });
    imageIn(t, await downloader.download(`http://some.test:${host.port}/ok.jpg`));
    imageIn(t, await downloader.download(`https://some.test:${secure.port}/ok.jpg`));
    t.deepEqual(proxy.asked, [words, words]);
    for (const name of ['inside.test', '10.0.0.1', 'intranet'])
      t.not(failureIn(t, await downloader.download(`http://${name}/`)).reason, 'connect_failed');
    t.is(proxy.asked.length, 2);
  });
}

test('a host behind a SOCKS proxy that hangs up on its first request is asked once, and once more where the connection was kept', async (t) => {
  const host = await startRawHost(
    new Map([
      [
        '/kept',
        ({ socket, countOnConnection }) =>
          void (countOnConnection > 1
            ? socket.destroy()
            : socket.write(image('HTTP/1.1 200 OK', LENGTH), 'latin1')),
      ],
    ]),
  );
  t.teardown(() => host.close());
  const proxy = await socksProxy(t);
  const downloader = behind(t, { all_proxy: `socks5://127.0.0.1:${proxy.port}` });
  const url = (path: string): string => `http://some.test:${host.port}${path}`;
  t.is(failureIn(t, await downloader.download(url('/hangs-up'))).reason, 'connect_failed');
  t.is(host.requests('/hangs-up'), 1);
  for (let i = 0; i < 2; i++) imageIn(t, await downloader.download(url('/kept')));
});

test('a SOCKS proxy that takes addresses is given an allowed one', async (t) => {
  const host = await startHost(t);
  const proxy = await socksProxy(t);
  const downloader = behind(t, { all_proxy: `socks5://127.0.0.1:${proxy.port}` });
  imageIn(t, await downloader.download(`http://half.test:${host.port}/ok.jpg`));
  t.deepEqual(proxy.asked, ['5 address 8.8.8.8']);
  t.is(failureIn(t, await downloader.download('http://unknown.test/')).reason, 'dns_not_found');
});

test('a SOCKS proxy is told user name and password', async (t) => {
  const host = await startHost(t);
  const proxy = await socksProxy(t, { credentials: ['me', 's3cret'] });
  imageIn(
    t,
    await behind(t, { all_proxy: `socks5://me:s3cret@127.0.0.1:${proxy.port}` }).download(
      `http://some.test:${host.port}/ok.jpg`,
    ),
  );
  for (const login of ['', 'me:wrong@']) {
    const downloader = behind(t, { all_proxy: `socks5://${login}127.0.0.1:${proxy.port}` });
    t.deepEqual(await downloader.download(`http://some.test:${host.port}/ok.jpg`), {
      kind: 'failed',
      reason: 'proxy_failed',
      message: 'The SOCKS proxy refused',
    });
  }
});

for (const [reply, reason] of [
  [1, 'connect_failed'],
  [2, 'proxy_failed'],
  [3, 'connect_failed'],
  [4, 'connect_failed'],
  [5, 'connect_refused'],
  [6, 'connect_timeout'],
] as const) {
  test(`a SOCKS proxy's reply ${reply} ends as ${reason}`, async (t) => {
    const proxy = await socksProxy(t, { reply });
    const downloader = behind(t, { all_proxy: `socks5h://127.0.0.1:${proxy.port}` });
    t.is(failureIn(t, await downloader.download('http://some.test/ok.jpg')).reason, reason);
  });
}

/** What calls itself a SOCKS proxy and answers the pieces that it is sent with these, one each, and is silent then. */
async function oddProxy(
  t: ExecutionContext,
  answers: readonly string[],
): Promise<{ port: number; heard: () => number }> {
  const sockets: Socket[] = [];
  let heard = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(answers[heard++] ?? '', 'latin1'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: portOf(server), heard: () => heard };
}

const GREETED = '\x05\x00';
for (const [name, scheme, answers, reason] of [
  ['SOCKS 5 proxy that is silent', 'socks5h', [''], 'proxy_failed'],
  ['SOCKS 5 proxy that ends none of its greetings', 'socks5h', ['\x05'], 'proxy_failed'],
  [
    'SOCKS 5 proxy that greets and does not end its answer',
    'socks5h',
    [GREETED, '\x05\x00\x00'],
    'proxy_failed',
  ],
  ['SOCKS 5 proxy that greets and then waits', 'socks5h', [GREETED, ''], 'connect_timeout'],
  [
    'SOCKS 5 proxy that wants the password and is silent',
    'socks5h://me:s3cret',
    ['\x05\x02', '\x01\x00', ''],
    'connect_timeout',
  ],
  ['SOCKS 4 proxy that does not end its answer', 'socks4a', ['\x00\x5a'], 'proxy_failed'],
  ['SOCKS 4 proxy that waits', 'socks4a', [''], 'connect_timeout'],
  [
    'HTTP server in the place of a SOCKS 5 proxy',
    'socks5h',
    ['HTTP/1.1 400 Bad Request\r\n\r\n'],
    'proxy_failed',
  ],
  [
    'HTTP server in the place of a SOCKS 4 proxy',
    'socks4a',
    ['HTTP/1.1 400 Bad Request\r\n\r\n'],
    'proxy_failed',
  ],
] as const) {
  test(`a ${name} ends as ${reason}`, async (t) => {
    const proxy = await oddProxy(t, answers);
    const clock = new ManualClock();
    const at = scheme.includes('//') ? `${scheme}@` : `${scheme}://`;
    const options = { connectTimeoutMs: 1_000, parts: { clock } };
    const downloader = behind(t, { all_proxy: `${at}127.0.0.1:${proxy.port}` }, options);
    let isOver = false;
    const row = downloader.download('http://some.test/ok.jpg').finally(() => {
      isOver = true;
    });
    await until(() => isOver || proxy.heard() === answers.length);
    // What it has said is heard before the time is up.
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.advance(1_000);
    t.is(failureIn(t, await row).reason, reason);
  });
}
