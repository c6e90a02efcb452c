import test from 'ava';
import { image, LENGTH } from '../helpers/faults/kind.ts';
import { startRawHost } from '../helpers/raw-host.ts';
import { SELF_SIGNED } from '../helpers/self-signed.ts';
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
