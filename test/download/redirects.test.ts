import test from 'ava';
import { failureIn, imageIn, startDownloader, startHost } from './setup.ts';

test('as many redirects as allowed are followed, one more is not', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t, { maxRedirects: 3 });
  imageIn(t, await downloader.download(host.url('/redirect/3')));
  t.is(host.requests(), 4);
  t.like(failureIn(t, await downloader.download(host.url('/redirect/4'))), {
    reason: 'redirect_limit',
    message: 'Too many redirects',
  });
  t.is(host.requests(), 8);
});

for (const status of [301, 302, 303, 307, 308]) {
  test(`a redirect with status ${status} is followed`, async (t) => {
    const host = await startHost(t);
    imageIn(t, await startDownloader(t).download(host.url(`/redirect/1?status=${status}`)));
  });
}

for (const [path, requests] of [
  ['/redirect-loop/a', 2],
  ['/redirect-to-self', 2],
] as const) {
  test(`the circle of ${path} ends where it closes`, async (t) => {
    const host = await startHost(t);
    const failure = failureIn(t, await startDownloader(t, { retries: 2 }).download(host.url(path)));
    t.deepEqual(failure, { kind: 'failed', reason: 'redirect_limit', message: 'Redirects in a circle' });
    t.is(host.requests(), requests);
  });
}

for (const location of [
  'file:///etc/passwd',
  'ftp://example.com/',
  'data:text/plain,x',
  'http://[',
  'http://u:p@h/',
]) {
  test(`a redirect to ${location} is refused`, async (t) => {
    const host = await startHost(t);
    const outcome = await startDownloader(t).download(
      host.url(`/redirect-to?url=${encodeURIComponent(location)}`),
    );
    t.is(failureIn(t, outcome).reason, 'redirect_invalid');
  });
}

test('a redirect without a Location is refused', async (t) => {
  const host = await startHost(t);
  const outcome = await startDownloader(t).download(host.url('/redirect-nowhere'));
  t.is(failureIn(t, outcome).reason, 'redirect_invalid');
});

for (const location of [
  'ok/relative.jpg',
  '/ok/é 1.jpg',
  '/ok/absolute.jpg',
  '?directive=none&url=x',
  '//HOST/ok/other.jpg',
]) {
  test(`the Location "${location}" is read relative to the URL that answered`, async (t) => {
    const host = await startHost(t);
    const there = location.replace('HOST', `127.0.0.1:${host.port}`);
    const outcome = await startDownloader(t, { maxRedirects: 1 }).download(
      host.url(`/redirect-to?url=${encodeURIComponent(there)}`),
    );
    t.is(host.requests(), 2);
    if (location.startsWith('?')) t.is(failureIn(t, outcome).reason, 'redirect_limit');
    else imageIn(t, outcome);
  });
}

test('a host that redirects to another host is followed there', async (t) => {
  const [from, to] = [await startHost(t), await startHost(t)];
  const url = from.url(`/redirect-to?url=${encodeURIComponent(to.url('/ok.jpg'))}`);
  imageIn(t, await startDownloader(t, { perHost: 1 }).download(url));
  t.deepEqual([from.requests(), to.requests()], [1, 1]);
});
