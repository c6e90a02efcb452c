import test from 'ava';
import { optOutRule, robotsTagRule } from '../../src/download/opt-out.ts';
import { failureIn, imageIn, startDownloader, startHost } from './setup.ts';

const DIRECTIVES = ['noai', 'noimageai', 'noindex', 'noimageindex', 'none', 'noml'];

/** [X-Robots-Tag lines, whether they opt out for the token "our-token"]. */
const LINES: readonly (readonly [readonly string[], boolean])[] = [
  [['noai'], true],
  [['noimageai'], true],
  [['noindex'], true],
  [['noimageindex'], true],
  [['none'], true],
  [['all'], false],
  [['nofollow, noarchive'], false],
  [['noaix'], false],
  [[''], false],
  [[','], false],
  [['NoAI'], true],
  [['  nofollow ,\tNOINDEX  '], true],
  [['nofollow', 'noarchive', 'noai'], true],
  [['our-token: noai'], true],
  [['Our-Token : noai'], true],
  [['bowerbird: noai'], true],
  [['*: noai'], true],
  [['otherbot: noai'], false],
  [['otherbot: nofollow, noai'], false],
  [['otherbot: noai', 'noindex'], true],
  [['otherbot: noai, our-token: noindex'], true],
  [['our-token: nofollow, otherbot: noindex'], false],
  [['noindex, otherbot: nofollow'], true],
  [['otherbot/2.1: noai'], false],
  [['unavailable_after: 25 Jun 2010 15:00:00 PST'], false],
  [['unavailable_after: 2010-06-25T15:00:00Z, noai'], true],
  [['unavailable_after: Friday, 25 Jun 2010 15:00:00 PST, noai'], true],
  [['otherbot: unavailable_after: 25 Jun 2010 15:00:00 PST, noai'], false],
  [['max-image-preview: large, noai'], true],
  [['max-snippet: -1'], false],
  [['noindex: '], true],
  [['noindex: yes'], true],
  [['noindex: no'], false],
  [['noindex:false, noai : 0'], false],
  [['our-token: noindex: yes'], true],
  [['otherbot: noindex: yes'], false],
  [['otherbot: nofollow, noindex: yes'], false],
  [['our-token: otherbot: noai'], false],
  [['noindex nofollow'], true],
  [['index follow noai'], true],
  [['otherbot: nofollow noindex'], false],
  [['our-token: nofollow noindex'], true],
  [['"noindex"'], true],
  [['"noindex, nofollow"'], true],
  [["'nofollow,noai'"], true],
  [['"otherbot: noindex"'], false],
  [['"otherbot": noindex'], false],
  [['max-image-preview: none'], false],
  [['nofollow, max-image-preview: none'], false],
  [['noml'], true],
  [['index, noml'], true],
  [['noai; noimageai'], true],
  [['nofollow;noai'], true],
  [['otherbot: nofollow', 'our-token: noindex', 'thirdbot: noarchive'], true],
  [['otherbot: noindex', 'thirdbot: noai'], false],
  [['otherbot: noindex, thirdbot: noai, our-token: nofollow'], false],
  [['googlebot: nofollow, *: noai'], true],
  [['our-tokens: noai'], false],
  [['none, unavailable_after: 25-Aug-2007 15:00:00 EST'], true],
];

for (const [lines, isOut] of LINES) {
  test(`${JSON.stringify(lines)} ${isOut ? 'opts out' : 'does not opt out'}`, (t) => {
    t.is(robotsTagRule(DIRECTIVES, 'our-token')(lines), isOut);
    const rule = optOutRule({ directives: DIRECTIVES, userAgentToken: 'our-token', obeysTdm: false });
    t.is(rule({ 'x-robots-tag': [...lines] })?.reason, isOut ? 'opted_out' : undefined);
    if (lines.length === 1) t.is(rule({ 'x-robots-tag': lines[0] })?.reason, isOut ? 'opted_out' : undefined);
  });
}

test('no header opts nothing out', (t) => {
  t.is(optOutRule({ directives: DIRECTIVES, userAgentToken: 'our-token', obeysTdm: true })({}), undefined);
});

test('an empty list of directives switches the check off', (t) => {
  t.false(robotsTagRule([], 'our-token')(['none, noai']));
});

test('directives are taken from the list alone, whatever their case', (t) => {
  const rule = robotsTagRule([' NoArchive '], 'our-token');
  t.true(rule(['noarchive']));
  t.false(rule(['noai']));
});

test('an image that is opted out is refused by its headers, without a retry', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t, { retries: 3, userAgentToken: 'our-token' });
  const url = host.url('/opt-out?directive=nofollow&directive=our-token:%20noimageai');
  t.deepEqual(failureIn(t, await downloader.download(url)), {
    kind: 'failed',
    reason: 'opted_out',
    message: 'Use of image disallowed by X-Robots-Tag directive',
  });
  t.is(host.requests(), 1);
  imageIn(t, await downloader.download(host.url('/opt-out?directive=otherbot:%20noai')));
});

test('the check is on where no list is given, and off with an empty one', async (t) => {
  const host = await startHost(t);
  const url = host.url('/opt-out?directive=noai');
  t.is(failureIn(t, await startDownloader(t).download(url)).reason, 'opted_out');
  imageIn(t, await startDownloader(t, { disallowedHeaderDirectives: [] }).download(url));
});

/** [tdm-reservation lines, whether they opt out]. W3C's TDM Reservation Protocol: 1 reserves, 0 does not, nothing else is a value. */
const RESERVATIONS: readonly (readonly [readonly string[], boolean])[] = [
  [['1'], true],
  [[' 1 '], true],
  [['0'], false],
  [['0', '1'], true],
  [['0, 1'], true],
  [['0, 0'], false],
  [['2'], false],
  [['10'], false],
  [['true'], false],
  [['"1"'], true],
  [['"0"'], false],
  [['1; policy="https://host.example/terms"'], true],
  [['1;'], true],
  [['0; q=1'], false],
  [['0, 1; q=1'], true],
  [['"'], false],
  [[''], false],
];

for (const [lines, isOut] of RESERVATIONS) {
  test(`tdm-reservation ${JSON.stringify(lines)} ${isOut ? 'opts out' : 'does not opt out'}`, (t) => {
    const options = { directives: DIRECTIVES, userAgentToken: 'our-token' };
    const headers = { 'tdm-reservation': [...lines] };
    t.is(optOutRule({ ...options, obeysTdm: true })(headers)?.reason, isOut ? 'opted_out_tdm' : undefined);
    t.is(optOutRule({ ...options, obeysTdm: false })(headers), undefined);
  });
}

test('an image whose mining is reserved is refused by its headers, and can be taken where that is not obeyed', async (t) => {
  const host = await startHost(t);
  const url = host.url(
    '/with-headers?header=tdm-reservation:%201&header=tdm-policy:%20https://host.example/terms',
  );
  t.deepEqual(failureIn(t, await startDownloader(t, { retries: 3 }).download(url)), {
    kind: 'failed',
    reason: 'opted_out_tdm',
    message: 'Use of image reserved by TDM-Reservation',
  });
  t.is(host.requests(), 1);
  imageIn(t, await startDownloader(t, { obeysTdm: false }).download(url));
  imageIn(t, await startDownloader(t).download(host.url('/with-headers?header=tdm-reservation:%200')));
});

test('what the head forbids is not waited for: no byte of the body is kept', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t);
  const outcome = await downloader.download(host.url('/with-headers-then-hang?tdm=1'));
  t.is(failureIn(t, outcome).reason, 'opted_out_tdm');
  t.is(downloader.heldBytes, 0);
});

test('an opt-out at the end of a redirect counts', async (t) => {
  const [from, to] = [await startHost(t), await startHost(t)];
  const target = to.url('/with-headers?header=X-Robots-Tag:%20noml');
  const url = from.url(`/redirect-to?url=${encodeURIComponent(target)}`);
  t.is(failureIn(t, await startDownloader(t).download(url)).reason, 'opted_out');
});
