import test from 'ava';
import { until } from '../helpers/until.ts';
import { imageIn, startDownloader, startHost } from './setup.ts';

for (const path of ['/ok.jpg', '/chunked', '/until-close', '/early-hints', '/ok/%C3%A9%20b.jpg?a=1&b=%2F']) {
  test(`the whole image comes back from ${path}, at the first attempt`, async (t) => {
    const host = await startHost(t);
    const image = imageIn(t, await startDownloader(t).download(host.url(path)));
    t.deepEqual(image.bytes, Buffer.from(host.image));
    t.is(image.attempts, 1);
  });
}

test('requests say honestly who asks', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t, { userAgentToken: 'my-crawl' });
  imageIn(t, await downloader.download(host.url('/ok.jpg')));
  t.regex(
    host.lastHeaders['user-agent'] ?? '',
    /^bowerbird\/\d+\.\d+\.\d+\S* \(\+https:\/\/\S+bowerbird; my-crawl\)$/,
  );
});

test('requests ask for an image as it is', async (t) => {
  const host = await startHost(t);
  imageIn(t, await startDownloader(t).download(host.url('/ok.jpg')));
  t.is(host.lastHeaders['accept-encoding'], 'identity');
  t.regex(host.lastHeaders['accept'] ?? '', /^image\//);
  t.is(host.lastHeaders['cookie'], undefined);
});

test('requests say where their sender can be reached, if that is given', async (t) => {
  const host = await startHost(t);
  for (const contact of ['crawl@lab.example', 'https://lab.example/crawl?a=1']) {
    const downloader = startDownloader(t, { userAgentToken: 'my-crawl', userAgentContact: contact });
    imageIn(t, await downloader.download(host.url('/ok.jpg')));
    t.true(
      host.lastHeaders['user-agent']?.endsWith(`; my-crawl; ${contact})`),
      host.lastHeaders['user-agent'],
    );
  }
});

test('images from one host share connections, also after refusals', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t);
  for (const path of ['/ok.jpg', '/404', '/chunked', '/500', '/ok.jpg']) {
    await downloader.download(host.url(path));
    await until(() => host.atOnce === 0);
  }
  t.is(host.requests(), 5);
  t.true(host.connections < 5, `${host.connections}`);
});

test('an interruption rejects at once with its reason, at whatever stage', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t, { retries: 5, perHost: 3 });
  const interruption = new AbortController();
  const paths = ['/hang', '/headers-then-hang', '/drip', '/held/waits-for-a-slot'];
  const running = paths.map((path) => downloader.download(host.url(path), interruption.signal));
  const settled = Promise.allSettled(running);
  await until(() => host.requests() === 3);
  const reason = new Error('Ctrl-C');
  interruption.abort(reason);
  for (const outcome of await settled) t.like(outcome, { status: 'rejected', reason });
  await t.throwsAsync(downloader.download(host.url('/ok.jpg'), interruption.signal), { is: reason });
  t.is(downloader.heldBytes, 0);
  host.letGo();
  imageIn(t, await downloader.download(host.url('/ok.jpg')));
  t.is(host.requests('/held/waits-for-a-slot'), 0);
});

test('an interruption ends the wait before a retry', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t, { retries: 1 }, { random: () => 0 });
  const interruption = new AbortController();
  const running = downloader.download(host.url('/always-503?retry-after=5'), interruption.signal);
  await until(() => host.requests() === 1 && host.atOnce === 0);
  const reason = new Error('Ctrl-C');
  interruption.abort(reason);
  await t.throwsAsync(running, { is: reason });
});

test('1024 downloads at once each get their own answer', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t, { threadCount: 1024 });
  // A host is sent so many only after it has answered some hundreds: three more for each.
  const known = Array.from({ length: 350 }, () => downloader.download(host.url('/ok.jpg')));
  for (const outcome of await Promise.all(known)) imageIn(t, outcome);
  const outcomes = Array.from({ length: 1024 }, (_, i) => downloader.download(host.url(`/held/${i}`)));
  await until(() => host.atOnce === 1024);
  host.letGo();
  for (const outcome of await Promise.all(outcomes)) t.is(outcome.kind, 'downloaded');
  t.is(host.mostAtOnce, 1024);
});

test('closing ends what is in flight', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t);
  const running = downloader.download(host.url('/hang'));
  await until(() => host.requests() === 1);
  await downloader.close();
  t.is((await running).kind, 'failed');
});
