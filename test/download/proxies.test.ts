import test from 'ava';
import { checkNetwork } from '../../src/download/network-notes.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { SELF_SIGNED } from '../helpers/self-signed.ts';
import { until } from '../helpers/until.ts';
import { behind, FixedNames, httpProxy } from './proxy-setup.ts';
import { failureIn, imageIn, startHost } from './setup.ts';

for (const variable of ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']) {
  test(`an http URL is asked of the proxy of ${variable}, whole`, async (t) => {
    const host = await startHost(t);
    const proxy = await httpProxy(t);
    const downloader = behind(t, { [variable]: `http://127.0.0.1:${proxy.port}` });
    imageIn(t, await downloader.download(`http://some.test:${host.port}/ok.jpg?a=b`));
    t.deepEqual(proxy.asked, [`GET http://some.test:${host.port}/ok.jpg?a=b`]);
    t.is(proxy.headers[0]!.host, `some.test:${host.port}`);
    t.regex(host.lastHeaders['user-agent']!, /^bowerbird/);
  });
}

for (const variable of ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']) {
  test(`an https URL goes through a tunnel of the proxy of ${variable}, which sees none of it`, async (t) => {
    const host = await startHost(t, { tls: SELF_SIGNED });
    const proxy = await httpProxy(t);
    const downloader = behind(t, { [variable]: `127.0.0.1:${proxy.port}` }, { tlsInsecure: true });
    imageIn(t, await downloader.download(`https://some.test:${host.port}/ok.jpg`));
    t.deepEqual(proxy.asked, [`CONNECT some.test:${host.port}`]);
    t.is(proxy.headers[0]!['user-agent'], undefined);
  });
}

test('the certificate of a host behind a proxy is looked at', async (t) => {
  const host = await startHost(t, { tls: SELF_SIGNED });
  const proxy = await httpProxy(t);
  const downloader = behind(t, { https_proxy: `127.0.0.1:${proxy.port}` });
  t.is(failureIn(t, await downloader.download(`https://some.test:${host.port}/ok.jpg`)).reason, 'tls_failed');
});

test('a proxy may be spoken to by TLS', async (t) => {
  const [host, secure] = [await startHost(t), await startHost(t, { tls: SELF_SIGNED })];
  const proxy = await httpProxy(t, { tls: SELF_SIGNED });
  const downloader = behind(t, { all_proxy: `https://127.0.0.1:${proxy.port}` }, { tlsInsecure: true });
  imageIn(t, await downloader.download(`http://some.test:${host.port}/ok.jpg`));
  imageIn(t, await downloader.download(`https://some.test:${secure.port}/ok.jpg`));
  t.is(proxy.asked.length, 2);
  const strict = behind(t, { all_proxy: `https://127.0.0.1:${proxy.port}` });
  t.is(failureIn(t, await strict.download(`http://some.test:${host.port}/ok.jpg`)).reason, 'proxy_failed');
});

test('a proxy of http is none of https', async (t) => {
  const proxy = await httpProxy(t);
  const downloader = behind(
    t,
    { http_proxy: `http://127.0.0.1:${proxy.port}` },
    { tlsInsecure: true, parts: { isAddressAllowed: () => true } },
  );
  const host = await startHost(t, { tls: SELF_SIGNED });
  imageIn(t, await downloader.download(`https://self.test:${host.port}/ok.jpg`));
  t.deepEqual(proxy.asked, []);
});

test('a proxy is told user name and password, and nobody else is', async (t) => {
  const [host, secure] = [await startHost(t), await startHost(t, { tls: SELF_SIGNED })];
  const proxy = await httpProxy(t, { credentials: 'me@work:s3cret/word' });
  const environment = { all_proxy: `http://me%40work:s3cret%2Fword@127.0.0.1:${proxy.port}` };
  const downloader = behind(t, environment, { tlsInsecure: true });
  imageIn(t, await downloader.download(`http://some.test:${host.port}/ok.jpg`));
  imageIn(t, await downloader.download(`https://some.test:${secure.port}/ok.jpg`));
  for (const { lastHeaders } of [host, secure]) t.false('proxy-authorization' in lastHeaders);
  t.false(JSON.stringify(checkNetwork({ threadCount: 1 }, environment)).includes('s3cret'));
});

for (const scheme of ['http', 'https']) {
  test(`the refusals of a proxy end ${scheme} rows by name, with nothing of its words or credentials`, async (t) => {
    const proxy = await httpProxy(t, { credentials: 'right:right' });
    const downloader = behind(t, { all_proxy: `http://wrong:s3cret@127.0.0.1:${proxy.port}` });
    t.deepEqual(await downloader.download(`${scheme}://some.test/ok.jpg`), {
      kind: 'failed',
      reason: 'proxy_failed',
      message: 'The proxy refused with status 407',
    });
  });

  test(`a proxy that is not there ends ${scheme} rows as proxy_failed`, async (t) => {
    // A port that was free a moment ago may be another test's by now; this one is given to nobody.
    const downloader = behind(t, { all_proxy: 'http://127.0.0.1:1' });
    t.deepEqual(await downloader.download(`${scheme}://some.test/ok.jpg`), {
      kind: 'failed',
      reason: 'proxy_failed',
      message: 'The proxy cannot be reached',
    });
  });

  test(`private hosts are refused for ${scheme} before the proxy is asked`, async (t) => {
    const proxy = await httpProxy(t);
    const downloader = behind(t, { all_proxy: `http://127.0.0.1:${proxy.port}` });
    for (const host of [
      ...['10.0.0.1', '169.254.169.254', '[::1]', '[fd00::1]', '127.0.0.1', 'localhost', '0x7f.1'],
      ...[
        'inside.test',
        'half.test',
        'crowd.test',
        'intranet',
        'unknown.internal',
        'unknown.local',
        'unknown.home.arpa',
      ],
    ]) {
      const outcome = await downloader.download(`${scheme}://${host}/ok.jpg`);
      t.is(failureIn(t, outcome).reason, host === 'localhost' ? 'dns_not_found' : 'address_refused', host);
    }
    t.is(proxy.connections, 0);
  });
}

for (const [status, reason] of [
  [403, 'proxy_failed'],
  [502, 'connect_failed'],
  [504, 'connect_timeout'],
] as const) {
  test(`a tunnel that is refused with ${status} ends as ${reason}`, async (t) => {
    const proxy = await httpProxy(t, { status });
    const downloader = behind(t, { https_proxy: `http://127.0.0.1:${proxy.port}` });
    t.is(failureIn(t, await downloader.download('https://some.test/ok.jpg')).reason, reason);
  });
}

test('a host that this machine cannot look up is left to the proxy', async (t) => {
  const host = await startHost(t);
  const proxy = await httpProxy(t);
  const resolver = new FixedNames();
  const downloader = behind(t, { all_proxy: `http://127.0.0.1:${proxy.port}` }, { parts: { resolver } });
  imageIn(t, await downloader.download(`http://unknown.test:${host.port}/ok.jpg`));
  t.deepEqual(resolver.asked, ['unknown.test']);
});

test('a redirect through a proxy is looked at like a row', async (t) => {
  const host = await startHost(t);
  const proxy = await httpProxy(t);
  const downloader = behind(t, { all_proxy: `http://127.0.0.1:${proxy.port}` });
  const to = (url: string): string =>
    `http://some.test:${host.port}/redirect-to?url=${encodeURIComponent(url)}`;
  imageIn(t, await downloader.download(to(`http://other.test:${host.port}/ok.jpg`)));
  t.is(proxy.asked.length, 2);
  t.is(failureIn(t, await downloader.download(to('http://inside.test/ok.jpg'))).reason, 'address_refused');
  t.is(proxy.asked.length, 3);
});

test('a tunnel that does not open in the time of a connection is given up', async (t) => {
  const proxy = await httpProxy(t, { isSilent: true });
  const clock = new ManualClock();
  const downloader = behind(
    t,
    { https_proxy: `http://127.0.0.1:${proxy.port}` },
    { timeoutMs: 10_000, parts: { clock } },
  );
  const outcome = downloader.download('https://some.test/ok.jpg');
  await until(() => proxy.asked.length === 1);
  clock.advance(4_000);
  t.is(failureIn(t, await outcome).reason, 'connect_timeout');
});

test('hosts of this machine are not asked through a proxy', async (t) => {
  const host = await startHost(t);
  const proxy = await httpProxy(t);
  const downloader = behind(
    t,
    { all_proxy: `http://127.0.0.1:${proxy.port}` },
    { parts: { isAddressAllowed: () => true } },
  );
  imageIn(t, await downloader.download(`http://127.0.0.1:${host.port}/ok.jpg`));
  t.deepEqual(proxy.asked, []);
});
