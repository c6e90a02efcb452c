import test from 'ava';
import { behind, httpProxy } from './proxy-setup.ts';
import { failureIn, imageIn, startDownloader, startHost } from './setup.ts';

test('rows of a host open no more connections than it may be sent requests', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t, { perHost: 3 });
  const rows = Array.from({ length: 20 }, async (_, i) => {
    imageIn(t, await downloader.download(host.url(`/ok/${i}`)));
    imageIn(t, await downloader.download(host.url('/chunked')));
    imageIn(t, await downloader.download(host.url('/redirect/2')));
    failureIn(t, await downloader.download(host.url('/404')));
    failureIn(t, await downloader.download(host.url('/empty')));
  });
  await Promise.all(rows);
  t.is(host.requests(), 140);
  t.is(host.connections, 3);
});

test('http URLs of one host open no more connections to a proxy than it may be sent requests', async (t) => {
  const [host, proxy] = [await startHost(t), await httpProxy(t)];
  const downloader = behind(t, { http_proxy: `http://127.0.0.1:${proxy.port}` }, { perHost: 2 });
  const rows = Array.from({ length: 40 }, (_, i) =>
    downloader.download(`http://some.test:${host.port}/ok/${i}`),
  );
  for (const row of rows) imageIn(t, await row);
  t.is(proxy.asked.length, 40);
  t.is(proxy.connections, 2);
});
