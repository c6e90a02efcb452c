import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { checkNetwork } from '../../src/download/network-notes.ts';
import { SELF_SIGNED } from '../helpers/self-signed.ts';
import { failureIn, imageIn, startDownloader, startHost } from './setup.ts';

for (const value of [
  'ftp://proxy.test:21',
  'http://',
  'quic://user:s3cret@proxy.test',
  'http://a:s3cret%@b:1',
  'http://[::1:80',
]) {
  test(`the proxy ${value} is refused before work starts, and not shown`, (t) => {
    const thrown = t.throws<BowerbirdError>(() => checkNetwork({ threadCount: 1 }, { HTTPS_PROXY: value }), {
      instanceOf: BowerbirdError,
      code: 'BB_PROXY',
    });
    t.true(thrown!.message.includes('HTTPS_PROXY'));
    t.false(thrown!.message.includes('s3cret'));
  });
}

test('what is out of the ordinary is said, once each', (t) => {
  t.deepEqual(checkNetwork({ threadCount: 1 }, {}), []);
  t.deepEqual(checkNetwork({ threadCount: 1 }, { http_proxy: '', all_proxy: ' ' }), []);
  t.deepEqual(checkNetwork({ threadCount: 1 }, { all_proxy: 'http://me:s3cret@proxy.test:3128/path' }), [
    'Downloads go through the proxy http://proxy.test:3128 (all_proxy).',
  ]);
  t.is(checkNetwork({ threadCount: 1, tlsInsecure: true }, {}).length, 1);
});

test('certificates of a file are believed beside the usual ones', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-ca-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, `# ours\n${SELF_SIGNED.cert}\n`);
  const host = await startHost(t, { tls: SELF_SIGNED });
  imageIn(t, await startDownloader(t, { caFile }).download(host.url('/ok.jpg')));
  t.is(failureIn(t, await startDownloader(t).download(host.url('/ok.jpg'))).reason, 'tls_failed');
  imageIn(t, await startDownloader(t, { tlsInsecure: true }).download(host.url('/ok.jpg')));
});

test('a file without certificates, or with a broken one, is refused before work starts', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-ca-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const broken = SELF_SIGNED.cert.replace('MIIBnDCC', 'AAAAAAAA');
  for (const content of ['', SELF_SIGNED.key, broken, `${SELF_SIGNED.cert}\n${broken}`]) {
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, content);
    t.throws(() => checkNetwork({ threadCount: 1, caFile }, {}), { code: 'BB_CA_FILE' });
  }
  t.throws(() => checkNetwork({ threadCount: 1, caFile: join(folder, 'none.pem') }, {}), {
    code: 'BB_CA_FILE',
  });
});
