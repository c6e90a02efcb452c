import test from 'ava';
import { ManualClock } from '../helpers/manual-clock.ts';
import { until } from '../helpers/until.ts';
import { failureIn, imageIn, startDownloader, startHost, UNHURRIED } from './setup.ts';

const files = (robots: string, tdm?: string): { readonly files: Record<string, Uint8Array> } => ({
  files: {
    '/robots.txt': Buffer.from(robots),
    ...(tdm !== undefined && { '/.well-known/tdmrep.json': Buffer.from(tdm) }),
  },
});

const RESPECT = { obeysRobots: true } as const;
const DAY_MS = 24 * 3600 * 1000;

test('robots.txt is not asked for unless it is to be respected', async (t) => {
  const host = await startHost(t, files('User-agent: *\nDisallow: /'));
  imageIn(t, await startDownloader(t).download(host.url('/ok.jpg')));
  t.deepEqual([host.requests('/robots.txt'), host.requests()], [0, 1]);
});

test('what robots.txt disallows is not asked for, what it allows is', async (t) => {
  const host = await startHost(
    t,
    files('User-agent: our-token\nDisallow: /ok/private\nUser-agent: *\nDisallow: /'),
  );
  const downloader = startDownloader(t, { ...RESPECT, userAgentToken: 'our-token', retries: 3 });
  t.deepEqual(await downloader.download(host.url('/ok/private.jpg')), {
    kind: 'failed',
    reason: 'robots_disallowed',
    message: 'Disallowed by robots.txt',
  });
  t.is(host.requests('/ok/private.jpg'), 0);
  imageIn(t, await downloader.download(host.url('/ok/public.jpg')));
});

test('each file is asked for once, however many rows wait for it and come later', async (t) => {
  const host = await startHost(t, { aliases: { '/robots.txt': '/held/robots' } });
  const downloader = startDownloader(t, RESPECT);
  const outcomes = Array.from({ length: 50 }, (_, i) => downloader.download(host.url(`/ok/${i}`)));
  await until(() => host.requests('/robots.txt') === 1);
  t.is(host.requests(), 1);
  host.letGo();
  for (const outcome of await Promise.all(outcomes)) imageIn(t, outcome);
  imageIn(t, await downloader.download(host.url('/ok/later')));
  t.deepEqual([host.requests('/robots.txt'), host.requests('/.well-known/tdmrep.json')], [1, 1]);
});

test("rows that wait for a robots.txt are in nobody else's way", async (t) => {
  const [slow, other] = [
    await startHost(t, { aliases: { '/robots.txt': '/held/robots' } }),
    await startHost(t),
  ];
  const downloader = startDownloader(t, { ...RESPECT, threadCount: 2, perHost: 1 });
  const waiting = Array.from({ length: 20 }, (_, i) => downloader.download(slow.url(`/ok/${i}`)));
  await until(() => slow.requests('/robots.txt') === 1);
  for (let i = 0; i < 5; i++) imageIn(t, await downloader.download(other.url(`/ok/${i}`)));
  t.is(slow.requests(), 1);
  slow.letGo();
  for (const outcome of await Promise.all(waiting)) imageIn(t, outcome);
});

test('another port is another origin, with a robots.txt of its own', async (t) => {
  const [closed, open] = [
    await startHost(t, files('User-agent: *\nDisallow: /')),
    await startHost(t, files('')),
  ];
  const downloader = startDownloader(t, RESPECT);
  t.is(failureIn(t, await downloader.download(closed.url('/ok.jpg'))).reason, 'robots_disallowed');
  imageIn(t, await downloader.download(open.url('/ok.jpg')));
});

for (const status of ['/204', '/400', '/401', '/403', '/404', '/410', '/429', '/451', '/empty']) {
  test(`a robots.txt that is answered by ${status} allows all`, async (t) => {
    const host = await startHost(t, { aliases: { '/robots.txt': status } });
    imageIn(t, await startDownloader(t, RESPECT).download(host.url('/ok.jpg')));
    t.is(host.requests('/robots.txt'), 1);
  });
}

for (const status of ['/500', '/502', '/503', '/999', '/cut', '/reset-body', '/bad-http']) {
  test(`a robots.txt that is answered by ${status} disallows all, and is not asked for again by the next row`, async (t) => {
    const host = await startHost(t, { aliases: { '/robots.txt': status } });
    const downloader = startDownloader(t, RESPECT);
    t.deepEqual(await downloader.download(host.url('/ok.jpg')), {
      kind: 'failed',
      reason: 'robots_unreachable',
      message: 'robots.txt could not be read, which disallows all',
    });
    const asked = host.requests('/robots.txt');
    t.is(failureIn(t, await downloader.download(host.url('/ok.jpg'))).reason, 'robots_unreachable');
    t.deepEqual([host.requests('/robots.txt'), host.requests('/ok.jpg')], [asked, 0]);
  });
}

test('of a robots.txt that has no end, the beginning is read, and no more is waited for', async (t) => {
  const line = Buffer.from('User-agent: *\nDisallow: /ok/no\n#');
  for (const path of ['/robots-huge', '/robots-endless', '/robots-gzipped']) {
    const host = await startHost(t, { aliases: { '/robots.txt': path }, image: line });
    // A limit for images is none for files.
    const downloader = startDownloader(t, { ...RESPECT, obeysTdm: false, maxBytes: 1000 });
    t.is(failureIn(t, await downloader.download(host.url('/ok/no'))).reason, 'robots_disallowed', path);
    imageIn(t, await downloader.download(host.url('/ok/yes')));
    await until(() => host.atOnce === 0);
    t.is(host.requests('/robots.txt'), 1);
  }
});

test('a robots.txt that does not come in half of the time of an image disallows all', async (t) => {
  const host = await startHost(t, { aliases: { '/robots.txt': '/hang' } });
  const clock = new ManualClock();
  const downloader = startDownloader(t, { ...RESPECT, timeoutMs: 1000, ...UNHURRIED }, { clock });
  const outcome = downloader.download(host.url('/ok.jpg'));
  await until(() => host.requests('/robots.txt') === 1);
  clock.advance(499);
  t.true(clock.waits());
  clock.advance(1);
  t.is(failureIn(t, await outcome).reason, 'robots_unreachable');
});

test('waiting for a robots.txt does not count against the time of an image', async (t) => {
  const host = await startHost(t, {
    aliases: { '/robots.txt': '/held/robots', '/.well-known/tdmrep.json': '/404' },
  });
  const clock = new ManualClock();
  const downloader = startDownloader(t, { ...RESPECT, timeoutMs: 1000, ...UNHURRIED }, { clock });
  const outcome = downloader.download(host.url('/hang'));
  await until(() => host.requests('/robots.txt') === 1);
  clock.advance(400);
  host.letGo();
  await until(() => host.requests('/hang') === 1);
  clock.advance(999);
  t.true(clock.waits());
  clock.advance(1);
  t.is(failureIn(t, await outcome).reason, 'timed_out');
});

test('five redirects of a robots.txt are followed, also to another host, and hold for the first', async (t) => {
  const elsewhere = await startHost(t, files('User-agent: *\nDisallow: /ok.jpg'));
  const target = `/redirect-to?url=${encodeURIComponent(elsewhere.url('/robots.txt'))}`;
  const host = await startHost(t, {
    aliases: {
      '/robots.txt': '/redirect-to?url=/1',
      '/1': '/redirect-to?url=/2',
      '/2': '/redirect-to?url=/3',
      '/3': '/redirect-to?url=/4',
      '/4': target,
    },
  });
  const downloader = startDownloader(t, RESPECT);
  t.is(failureIn(t, await downloader.download(host.url('/ok.jpg'))).reason, 'robots_disallowed');
  t.is(elsewhere.requests('/robots.txt'), 1);
});

test('a robots.txt behind more than five redirects is none', async (t) => {
  const host = await startHost(t, { aliases: { '/robots.txt': '/redirect/6' } });
  imageIn(t, await startDownloader(t, RESPECT).download(host.url('/ok.jpg')));
  t.is(host.requests('/redirect/0'), 0);
});

test('a robots.txt that redirects to a host that is gone disallows all', async (t) => {
  const gone = await startHost(t);
  const host = await startHost(t, {
    aliases: { '/robots.txt': `/redirect-to?url=${encodeURIComponent(gone.url('/x'))}` },
  });
  await gone.close();
  t.is(
    failureIn(t, await startDownloader(t, RESPECT).download(host.url('/ok.jpg'))).reason,
    'robots_unreachable',
  );
});

test('a redirect of an image asks the host that it leads to, and goes no further where that says no', async (t) => {
  const to = await startHost(t, files('User-agent: *\nDisallow: /ok/no'));
  const from = await startHost(t);
  const downloader = startDownloader(t, { ...RESPECT, retries: 2 });
  const via = (path: string): string => from.url(`/redirect-to?url=${encodeURIComponent(to.url(path))}`);
  t.is(failureIn(t, await downloader.download(via('/ok/no.jpg'))).reason, 'robots_disallowed');
  imageIn(t, await downloader.download(via('/ok/yes.jpg')));
  t.deepEqual(
    [to.requests('/robots.txt'), to.requests('/ok/no.jpg'), from.requests('/robots.txt')],
    [1, 0, 1],
  );
});

test('a redirect within a host does not lead around its robots.txt', async (t) => {
  const host = await startHost(t, files('User-agent: *\nDisallow: /ok/'));
  const outcome = await startDownloader(t, RESPECT).download(host.url('/redirect-to?url=/ok/x.jpg'));
  t.is(failureIn(t, outcome).reason, 'robots_disallowed');
  t.is(host.requests('/ok/x.jpg'), 0);
});

test('an address that is refused is not asked for its robots.txt either', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t, RESPECT, { isAddressAllowed: () => false });
  t.is(failureIn(t, await downloader.download(host.url('/ok.jpg'))).reason, 'address_refused');
  t.is(host.connections, 0);
});

test('a robots.txt that redirects to an address that is refused disallows all, and nothing is sent there', async (t) => {
  const secret = await startHost(t, { address: '127.0.0.2' });
  const host = await startHost(t, {
    aliases: { '/robots.txt': `/redirect-to?url=${encodeURIComponent(secret.url('/x'))}` },
  });
  const downloader = startDownloader(t, RESPECT, { isAddressAllowed: (address) => address === '127.0.0.1' });
  t.is(failureIn(t, await downloader.download(host.url('/ok.jpg'))).reason, 'robots_unreachable');
  t.is(secret.connections, 0);
});

test('a host that cannot be reached fails its rows as what it is, and is asked again by later rows', async (t) => {
  const host = await startHost(t);
  const url = host.url('/ok.jpg');
  await host.close();
  const downloader = startDownloader(t, RESPECT);
  t.is(failureIn(t, await downloader.download(url)).reason, 'connect_refused');
  t.is(failureIn(t, await downloader.download(url)).reason, 'connect_refused');
});

test('a robots.txt holds for a day, one that could not be had for ten minutes', async (t) => {
  const good = await startHost(t, files(''));
  const bad = await startHost(t, { aliases: { '/robots.txt': '/503' } });
  const clock = new ManualClock();
  const downloader = startDownloader(t, { ...RESPECT, obeysTdm: false }, { clock });
  const ask = async (): Promise<number[]> => {
    imageIn(t, await downloader.download(good.url('/ok.jpg')));
    failureIn(t, await downloader.download(bad.url('/ok.jpg')));
    return [good.requests('/robots.txt'), bad.requests('/robots.txt')];
  };
  t.deepEqual(await ask(), [1, 1]);
  clock.advance(599_000);
  t.deepEqual(await ask(), [1, 1]);
  clock.advance(2_000);
  t.deepEqual(await ask(), [1, 2]);
  clock.advance(DAY_MS);
  t.deepEqual(await ask(), [2, 3]);
});

test('after an outage, files that could not be had are asked for anew', async (t) => {
  const host = await startHost(t, { aliases: { '/robots.txt': '/503-then-ok/robots' } });
  const downloader = startDownloader(t, RESPECT);
  t.is(failureIn(t, await downloader.download(host.url('/ok.jpg'))).reason, 'robots_unreachable');
  downloader.forgetSilence();
  imageIn(t, await downloader.download(host.url('/ok.jpg')));
});

test('whether a host answers is found out by its robots.txt, also while all else is paused', async (t) => {
  const host = await startHost(t, files('User-agent: *\nDisallow: /'));
  const downloader = startDownloader(t, RESPECT);
  downloader.pause();
  imageIn(t, await downloader.probe(host.url('/ok.jpg')));
  t.deepEqual([host.requests('/robots.txt'), host.requests()], [1, 1]);
});

test('an interruption ends the wait for a robots.txt', async (t) => {
  const host = await startHost(t, { aliases: { '/robots.txt': '/hang' } });
  const downloader = startDownloader(t, RESPECT);
  const interruption = new AbortController();
  const running = downloader.download(host.url('/ok.jpg'), interruption.signal);
  await until(() => host.requests('/robots.txt') === 1);
  const reason = new Error('Ctrl-C');
  interruption.abort(reason);
  await t.throwsAsync(running, { is: reason });
});

test('the pause that a robots.txt asks for lies between requests to its host, and no others', async (t) => {
  const [slow, other] = [await startHost(t, files('User-agent: *\nCrawl-delay: 2')), await startHost(t)];
  const clock = new ManualClock();
  const downloader = startDownloader(t, { ...RESPECT, obeysTdm: false }, { clock });
  const outcomes = [1, 2].map((i) => downloader.download(slow.url(`/ok/${i}`)));
  await until(() => clock.waits(2000));
  imageIn(t, await downloader.download(other.url('/ok.jpg')));
  t.is(slow.requests('/ok/1'), 0);
  clock.advance(2000);
  imageIn(t, await outcomes[0]!);
  await until(() => clock.waits(2000));
  t.is(slow.requests('/ok/2'), 0);
  clock.advance(2000);
  imageIn(t, await outcomes[1]!);
});

test('a tdmrep.json that begins with a byte order mark is read', async (t) => {
  const host = await startHost(t, files('', '\ufeff[{"location": "/", "tdm-reservation": 1}]'));
  const outcome = await startDownloader(t, RESPECT).download(host.url('/ok.jpg'));
  t.is(failureIn(t, outcome).reason, 'opted_out_tdm');
});

test('a tdmrep.json reserves what it says, and such images are not asked for', async (t) => {
  const tdm = '[{"location": "/ok/open", "tdm-reservation": 0}, {"location": "/ok/", "tdm-reservation": 1}]';
  const host = await startHost(t, files('', tdm));
  const downloader = startDownloader(t, RESPECT);
  t.deepEqual(await downloader.download(host.url('/ok/1.jpg')), {
    kind: 'failed',
    reason: 'opted_out_tdm',
    message: 'Use of image reserved by tdmrep.json',
  });
  imageIn(t, await downloader.download(host.url('/ok/open.jpg')));
  t.deepEqual([host.requests('/ok/1.jpg'), host.requests('/.well-known/tdmrep.json')], [0, 1]);
});

test('a tdmrep.json is asked for only where robots.txt and reservations are respected', async (t) => {
  const host = await startHost(t, files('', '[{"location": "/", "tdm-reservation": 1}]'));
  imageIn(t, await startDownloader(t).download(host.url('/ok.jpg')));
  imageIn(t, await startDownloader(t, { ...RESPECT, obeysTdm: false }).download(host.url('/ok.jpg')));
  t.is(host.requests('/.well-known/tdmrep.json'), 0);
});

for (const status of ['/404', '/500', '/bad-http']) {
  test(`a tdmrep.json that is answered by ${status} reserves nothing`, async (t) => {
    const host = await startHost(t, { aliases: { '/.well-known/tdmrep.json': status } });
    imageIn(t, await startDownloader(t, RESPECT).download(host.url('/ok.jpg')));
  });
}
