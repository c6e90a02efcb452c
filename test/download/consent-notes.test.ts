import test, { type ExecutionContext } from 'ava';
import { ConsentNotes } from '../../src/download/consent/consent-notes.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import { type ConsentSignals, NO_SIGNALS } from '../../src/samples/consent.ts';
import type { FaultHostOptions } from '../helpers/fault-host.ts';
import { startDownloader, startHost } from './setup.ts';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

/** What is kept of a download of this path. */
async function signalsOf(
  t: ExecutionContext,
  path: string,
  { host: hostOptions = {}, ...options }: Partial<DownloadOptions> & { host?: FaultHostOptions } = {},
): Promise<ConsentSignals> {
  const host = await startHost(t, { image: PNG, ...hostOptions });
  const notes = new ConsentNotes();
  const outcome = await startDownloader(t, options).download(host.url(path), undefined, { notes });
  if (outcome.kind === 'downloaded') outcome.release();
  return notes.signals;
}

const header = (...lines: readonly string[]): string =>
  `/with-headers?${lines.map((line) => `header=${encodeURIComponent(line)}`).join('&')}`;

test('an image of a host that says nothing leaves nothing but that it has no manifest', async (t) => {
  t.deepEqual(await signalsOf(t, '/ok.jpg'), { ...NO_SIGNALS, c2pa: false });
});

test('all that the headers say is kept as it was sent, of an image that is taken', async (t) => {
  const path = header(
    'X-Robots-Tag: otherbot: noai',
    'X-Robots-Tag: nofollow, noarchive',
    'tdm-reservation: 0',
    'tdm-policy: https://host.example/terms',
    'Content-Usage: train-ai=n, search=y',
  );
  t.deepEqual(await signalsOf(t, path), {
    ...NO_SIGNALS,
    xRobotsTag: 'otherbot: noai\nnofollow, noarchive',
    tdmReservation: 0,
    tdmPolicy: 'https://host.example/terms',
    contentUsage: 'train-ai=n, search=y',
    c2pa: false,
  });
});

test('and of one that is refused by them, which was not read', async (t) => {
  t.deepEqual(await signalsOf(t, header('X-Robots-Tag: noai', 'Content-Usage: train-ai=n')), {
    ...NO_SIGNALS,
    xRobotsTag: 'noai',
    contentUsage: 'train-ai=n',
  });
  t.like(await signalsOf(t, header('tdm-reservation: 1')), { tdmReservation: 1, c2pa: null });
});

test('what a status without an image says is kept too', async (t) => {
  t.deepEqual(await signalsOf(t, '/404'), NO_SIGNALS);
});

test('of redirects the last one counts', async (t) => {
  const target = header('Content-Usage: train-ai=y');
  const path = `/redirect-to?url=${encodeURIComponent(target)}`;
  t.like(await signalsOf(t, path), { contentUsage: 'train-ai=y', c2pa: false });
});

test('a long header is cut', async (t) => {
  const signals = await signalsOf(t, header(`X-Robots-Tag: ${'nofollow, '.repeat(500)}`));
  t.is(signals.xRobotsTag?.length, 2000);
});

test('what robots.txt says is kept where it is asked for: allowed, disallowed, or not to be had', async (t) => {
  const files = { '/robots.txt': Buffer.from('User-agent: *\nDisallow: /ok/no') };
  const options = { obeysRobots: true, host: { files } };
  t.like(await signalsOf(t, '/ok/yes', options), { robotsAllowed: true, c2pa: false });
  t.deepEqual(await signalsOf(t, '/ok/no', options), { ...NO_SIGNALS, robotsAllowed: false });
  const host = { aliases: { '/robots.txt': '/503' } };
  t.deepEqual(await signalsOf(t, '/ok/no', { obeysRobots: true, host }), NO_SIGNALS);
});

test('what robots.txt says of the use of an image is kept beside its headers, and nothing of what it disallows', async (t) => {
  const robots =
    'User-agent: *\nDisallow: /ok/no\nContent-Usage: / train-ai=n\nContent-Usage: /with train-ai=y';
  const options = { obeysRobots: true, host: { files: { '/robots.txt': Buffer.from(robots) } } };
  t.like(await signalsOf(t, '/ok/yes', options), { robotsContentUsage: 'train-ai=n', contentUsage: null });
  t.like(await signalsOf(t, header('Content-Usage: search=y'), options), {
    robotsContentUsage: 'train-ai=y',
    contentUsage: 'search=y',
  });
  t.deepEqual(await signalsOf(t, '/ok/no', options), { ...NO_SIGNALS, robotsAllowed: false });
  const long = `User-agent: *\nContent-Usage: ${'search=y, '.repeat(500)}`;
  const host = { files: { '/robots.txt': Buffer.from(long) } };
  t.is((await signalsOf(t, '/ok/yes', { obeysRobots: true, host })).robotsContentUsage?.length, 2000);
});

test('the headers of an image go before the tdmrep.json of its host, with all that they say', async (t) => {
  const rules = (reservation: number): FaultHostOptions => ({
    files: {
      '/.well-known/tdmrep.json': Buffer.from(
        JSON.stringify([
          { location: '/', 'tdm-reservation': reservation, 'tdm-policy': 'https://a.example/p' },
        ]),
      ),
    },
  });
  const options = { obeysRobots: true, host: rules(0) };
  t.like(await signalsOf(t, '/ok.jpg', options), { tdmReservation: 0, tdmPolicy: 'https://a.example/p' });
  t.like(await signalsOf(t, header('tdm-reservation: 1'), options), { tdmReservation: 1, tdmPolicy: null });
  t.like(await signalsOf(t, '/ok.jpg', { obeysRobots: true, host: rules(1) }), {
    tdmReservation: 1,
    c2pa: null,
  });
});

test('what an earlier answer said does not stay where the next one never comes', (t) => {
  const notes = new ConsentNotes();
  notes.asking(undefined);
  notes.answered({ 'x-robots-tag': 'nofollow' });
  t.is(notes.signals.xRobotsTag, 'nofollow');
  notes.asking(undefined);
  t.deepEqual(notes.signals, NO_SIGNALS);
});
