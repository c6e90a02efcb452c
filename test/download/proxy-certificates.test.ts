import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { SELF_SIGNED, SELF_SIGNED_ELSEWHERE } from '../helpers/self-signed.ts';
import { behind, httpProxy } from './proxy-setup.ts';
import { failureIn, imageIn, startHost } from './setup.ts';

const folder = await mkdtemp(join(tmpdir(), 'bowerbird-proxy-ca-'));
/** Believes the certificates of the proxy (localhost, 127.0.0.1) and of the hosts (some.test, other.test). */
const caFile = join(folder, 'ca.pem');
await writeFile(caFile, `${SELF_SIGNED.cert}\n${SELF_SIGNED_ELSEWHERE.cert}`);
test.after.always(() => rm(folder, { recursive: true }));

for (const [name, told] of [
  ['localhost', 'localhost'],
  ['127.0.0.1', false],
] as const) {
  test(`the certificate of an https proxy is looked at for its own name: ${name}`, async (t) => {
    const [host, secure] = [await startHost(t), await startHost(t, { tls: SELF_SIGNED_ELSEWHERE })];
    const proxy = await httpProxy(t, { tls: SELF_SIGNED, credentials: 'me:s3cret' });
    const downloader = behind(t, { all_proxy: `https://me:s3cret@${name}:${proxy.port}` }, { caFile });
    for (const hostname of ['some.test', 'other.test']) {
      imageIn(t, await downloader.download(`http://${hostname}:${host.port}/ok.jpg`));
      imageIn(t, await downloader.download(`https://${hostname}:${secure.port}/ok.jpg`));
    }
    t.is(proxy.asked.length, 4);
    t.deepEqual([...new Set(proxy.serverNames)], [told]);
  });

  test(`an https proxy ${name} with the certificate of a host is refused, and told nothing`, async (t) => {
    const proxy = await httpProxy(t, { tls: SELF_SIGNED_ELSEWHERE });
    const downloader = behind(t, { all_proxy: `https://me:s3cret@${name}:${proxy.port}` }, { caFile });
    for (const scheme of ['http', 'https']) {
      const failure = failureIn(t, await downloader.download(`${scheme}://some.test/ok.jpg`));
      t.deepEqual(failure, {
        kind: 'failed',
        reason: 'proxy_failed',
        message: "The proxy's certificate is not believed (ERR_TLS_CERT_ALTNAME_INVALID)",
      });
    }
    t.deepEqual(proxy.asked, []);
  });
}

test('a connection to an https proxy is kept for http URLs of other hosts', async (t) => {
  const [host, proxy] = [await startHost(t), await httpProxy(t, { tls: SELF_SIGNED })];
  const downloader = behind(t, { all_proxy: `https://localhost:${proxy.port}` }, { caFile });
  for (let i = 0; i < 10; i++)
    imageIn(t, await downloader.download(`http://host${i}.test:${host.port}/ok.jpg`));
  t.is(proxy.asked.length, 10);
  // On a busy machine some may lie idle for too long.
  t.true(proxy.connections < 10, String(proxy.connections));
});
