import test from 'ava';
import { optOutRule } from '../../src/download/opt-out.ts';
import { failureIn, imageIn, startDownloader, startHost } from './setup.ts';

const DIRECTIVES = ['noai', 'noimageai', 'noindex', 'noimageindex', 'none'];

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
  [['noindex: '], false],
];

for (const [lines, isOut] of LINES) {
  test(`${JSON.stringify(lines)} ${isOut ? 'opts out' : 'does not opt out'}`, (t) => {
    const rule = optOutRule(DIRECTIVES, 'our-token');
    t.is(rule(lines), isOut);
    if (lines.length === 1) t.is(rule(lines[0]), isOut);
  });
}

test('no header opts nothing out', (t) => {
  t.false(optOutRule(DIRECTIVES, 'our-token')(undefined));
});

test('an empty list of directives switches the check off', (t) => {
  t.false(optOutRule([], 'our-token')(['none, noai']));
});

test('directives are taken from the list alone, whatever their case', (t) => {
  const rule = optOutRule([' NoArchive '], 'our-token');
  t.true(rule('noarchive'));
  t.false(rule('noai'));
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
