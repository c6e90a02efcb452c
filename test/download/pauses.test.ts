import test, { type ExecutionContext } from 'ava';
import type { Downloader } from '../../src/download/downloader.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { SampleFailure } from '../../src/samples/reasons.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { type RawAnswer, type RawHost, startRawHost } from '../helpers/raw-host.ts';
import { until } from '../helpers/until.ts';
import { Stage } from './schedule-stage.ts';
import { failureIn, imageIn, startDownloader, UNHURRIED } from './setup.ts';

/** What a row fails as that was not asked for. */
const NOT_ASKED: SampleFailure = {
  kind: 'failed',
  reason: 'http_too_many_requests',
  message: 'The host wants fewer requests: not asked',
  heard: 'unasked',
};

const says =
  (status: string, body = '', headers = ''): RawAnswer =>
  ({ socket }) =>
    socket.write(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`);

const image = says('200 OK', 'image');

interface World {
  readonly host: RawHost;
  readonly clock: ManualClock;
  readonly downloader: Downloader;
  readonly url: (path: string) => string;
}

/** A host whose answers may change, and a downloader that waits for no pause of more than ten seconds. */
async function startWorld(
  t: ExecutionContext,
  answers: Map<string, RawAnswer>,
  options: Partial<DownloadOptions> = {},
): Promise<World> {
  const host = await startRawHost(answers);
  t.teardown(() => host.close());
  const clock = new ManualClock();
  const downloader = startDownloader(t, { ...UNHURRIED, timeoutMs: 10_000, ...options }, { clock });
  return { host, clock, downloader, url: (path) => `http://127.0.0.1:${host.port}${path}` };
}

for (const status of ['401 Unauthorized', '403 Forbidden', '404 Not Found', '410 Gone']) {
  test(`Retry-After beside ${status} is about one image: the host's others are asked for`, async (t) => {
    const answers = new Map([
      ['/gone', says(status, '', 'Retry-After: 3600\r\n')],
      ['/other', image],
    ]);
    const { downloader, url } = await startWorld(t, answers);
    failureIn(t, await downloader.download(url('/gone')));
    imageIn(t, await downloader.download(url('/other')));
  });
}

for (const status of ['429 Too Many Requests', '503 Service Unavailable', '502 Bad Gateway']) {
  test(`a long Retry-After beside ${status} that two rows are told, one after the other, is about the host: its others are not asked for, and may be later`, async (t) => {
    const answers = new Map([
      ['/busy', says(status, '', 'Retry-After: 3600\r\n')],
      ['/other', image],
    ]);
    const { host, clock, downloader, url } = await startWorld(t, answers);
    const { message } = failureIn(t, await downloader.download(url('/busy')));
    t.is(message, `HTTP Error ${status.replace(' ', ': ')}`);
    const again = downloader.download(url('/busy'));
    clock.advance(10_000);
    t.is(failureIn(t, await again).message, message);
    t.deepEqual(await downloader.download(url('/other')), NOT_ASKED);
    t.is(host.requests('/other'), 0);
    clock.advance(3_600_000);
    imageIn(t, await downloader.download(url('/other')));
  });

  test(`a long Retry-After beside ${status} that one row is told costs the others of the host the time of one image, once`, async (t) => {
    const answers = new Map([
      ['/busy', says(status, '', 'Retry-After: 99999999999999999999\r\n')],
      ['/other', image],
    ]);
    const { host, clock, downloader, url } = await startWorld(t, answers);
    failureIn(t, await downloader.download(url('/busy')));
    const other = downloader.download(url('/other'));
    clock.advance(9_999);
    t.is(host.requests('/other'), 0);
    clock.advance(1);
    imageIn(t, await other);
    failureIn(t, await downloader.download(url('/busy')));
    const another = downloader.download(url('/other'));
    clock.advance(500);
    imageIn(t, await another);
  });
}

/** Has a host ask for an hour's pause so that it is believed. */
async function pauseForAnHour({ clock, downloader, url }: World): Promise<void> {
  await downloader.download(url('/busy'));
  const again = downloader.download(url('/busy'));
  clock.advance(10_000);
  await again;
}

test('a robots.txt that could not be asked for in a pause is asked for after it, before any image', async (t) => {
  const answers = new Map([
    ['/robots.txt', says('404 Not Found')],
    ['/busy', says('429 Too Many Requests', '', 'Retry-After: 3600\r\n')],
    ['/other', image],
  ]);
  const options = { obeysRobots: true, obeysTdm: false };
  const world = await startWorld(t, answers, options);
  const { host, clock, downloader, url } = world;
  imageIn(t, await downloader.download(url('/other')));
  clock.advance(24 * 3_600_000 - 10_001);
  await pauseForAnHour(world);
  clock.advance(1);
  t.deepEqual(await downloader.download(url('/other')), NOT_ASKED);
  t.is(host.requests('/robots.txt'), 1);
  answers.set('/robots.txt', says('200 OK', 'User-agent: *\nDisallow: /'));
  clock.advance(3_600_000);
  t.is(failureIn(t, await downloader.download(url('/other'))).reason, 'robots_disallowed');
  t.deepEqual([host.requests('/robots.txt'), host.requests('/other')], [2, 1]);
});

test('a tdmrep.json that could not be asked for in a pause reserves nothing for good: it is asked for after it', async (t) => {
  const answers = new Map([
    ['/robots.txt', says('429 Too Many Requests', '', 'Retry-After: 60\r\n')],
    ['/.well-known/tdmrep.json', says('200 OK', '[{"location": "/*", "tdm-reservation": 1}]')],
    ['/other', image],
  ]);
  const { host, clock, downloader, url } = await startWorld(t, answers, { obeysRobots: true });
  const first = downloader.download(url('/other'));
  await until(() => clock.waits(10_000));
  // Asks for robots.txt as well, and is told the same.
  await downloader.probe(url('/'));
  t.deepEqual(await first, NOT_ASKED);
  t.is(host.requests('/.well-known/tdmrep.json'), 0);
  clock.advance(60_000);
  t.is(failureIn(t, await downloader.download(url('/other'))).reason, 'opted_out_tdm');
  t.is(host.requests('/other'), 0);
});

test('rows of a host that asks for a pause each time wait no longer for it than twice the time of one image', async (t) => {
  const answers = new Map([['/busy', says('429 Too Many Requests', '', 'Retry-After: 7\r\n')]]);
  const { host, clock, downloader, url } = await startWorld(t, answers);
  let refusals = 0;
  const hosts = { answered: () => undefined, askedToPause: () => refusals++ };
  const rows = Array.from({ length: 96 }, async () => {
    const { reason } = failureIn(t, await downloader.download(url('/busy'), undefined, { hosts }));
    return reason;
  });
  // As many as may be in flight to a host that has not answered, then one row after each pause; the third pause would end after more than 20
  // seconds.
  for (const asked of [5, 6]) {
    await until(() => refusals === asked);
    clock.advance(7_000);
  }
  t.deepEqual([...new Set(await Promise.all(rows))], ['http_too_many_requests']);
  t.is(host.requests('/busy'), 7);
});

/** How a row ends that the host refuses because it is asked for too much. */
function refuse(stage: Stage, row: string, ms = 0): void {
  const visit = stage.visits.get(row)!;
  visit.answered();
  visit.overloaded(ms);
  stage.end(row, 'nothing');
}

test('a host that asks for fewer requests and says no time is left alone for longer each time, and then tried by one row', (t) => {
  const stage = new Stage(100, { atOnce: 5 });
  stage.offer('a', 'first');
  stage.offerMany('a', 9);
  refuse(stage, 'first');
  for (const row of ['a0', 'a1', 'a2', 'a3']) refuse(stage, row);
  for (const [ms, row] of [
    [500, 'a4'],
    [1_000, 'a5'],
    [2_000, 'a6'],
  ] as const) {
    stage.clock.advance(ms - 1);
    t.deepEqual([...stage.visits.keys()], []);
    stage.clock.advance(1);
    t.deepEqual([...stage.visits.keys()], [row]);
    t.is(stage.schedule.waitingHosts(1)[0]?.why, 'overloaded, one row tries it again');
    refuse(stage, row);
  }
  stage.clock.advance(4_000);
  stage.bring('a7');
  t.deepEqual([...stage.visits.keys()], ['a8']);
  stage.offer('a', 'more');
  t.is(stage.visits.size, 2, 'as many as ever');
  refuse(stage, 'a8');
  stage.offer('a', 'after the first pause');
  stage.bring('more');
  stage.clock.advance(500);
  t.true(stage.visits.has('after the first pause'), 'the first pause again');
});

test('a row that the host has refused is not the one that finds out whether it still wants fewer', (t) => {
  const stage = new Stage(100);
  stage.offer('a', 'bad');
  stage.offer('a', 'other bad');
  for (const row of ['bad', 'other bad']) refuse(stage, row);
  stage.offer('a', 'bad again', 0);
  stage.offer('a', 'other bad again', 1);
  stage.offer('a', 'fresh');
  stage.clock.advance(500);
  t.deepEqual([...stage.visits.keys()], ['fresh']);
  stage.bring('fresh');
  t.deepEqual([...stage.visits.keys()], ['bad again', 'other bad again']);
});

test('time without rows is no pause: of a host that asked for one long ago the rows wait for the next one', (t) => {
  const stage = new Stage(100);
  stage.offer('a', 'bad');
  refuse(stage, 'bad');
  stage.clock.advance(60_000);
  stage.offer('a', 'bad again');
  refuse(stage, 'bad again');
  stage.offer('a', 'fresh');
  t.is(stage.refused.size, 0);
  stage.clock.advance(1_000);
  t.true(stage.visits.has('fresh'));
});

test('where the row that finds out gets no answer, others are sent: how many, the silence decides', (t) => {
  const stage = new Stage(100);
  stage.offer('a', 'bad');
  refuse(stage, 'bad');
  stage.offerMany('a', 20);
  stage.clock.advance(500);
  t.deepEqual([...stage.visits.keys()], ['a0']);
  stage.end('a0', 'silent');
  t.is(stage.visits.size, 9);
  stage.endAll(stage.visits.keys(), 'silent');
  t.is(stage.refused.size, 10);
});

test('what was asked for before a pause says nothing of what follows it', (t) => {
  const stage = new Stage(100);
  stage.offerMany('a', 5);
  stage.visits.get('a0')!.answered();
  refuse(stage, 'a0', 2_000);
  stage.offer('a', 'later');
  stage.offer('a', 'last');
  stage.bring('a1');
  refuse(stage, 'a2', 1_000);
  for (const row of ['a3', 'a4']) stage.bring(row);
  stage.clock.advance(1_999);
  t.false(stage.visits.has('later'));
  stage.clock.advance(1);
  t.true(stage.visits.has('later'));
  t.false(stage.visits.has('last'), 'one row tries it');
});

test('pauses that follow each other for longer than is waited for end what waits, and what comes until the last is over', (t) => {
  const stage = new Stage(100, { atOnce: 1 });
  stage.offerMany('a', 9);
  for (const row of ['a0', 'a1']) {
    refuse(stage, row, 10_000);
    t.is(stage.refused.size, 0);
    stage.clock.advance(10_000);
  }
  refuse(stage, 'a2', 1_000);
  t.is(stage.refused.size, 6);
  // The third pause in a row is two seconds at least.
  stage.clock.advance(1_999);
  stage.offer('a', 'in the pause');
  t.deepEqual(stage.refused.get('in the pause'), NOT_ASKED);
  stage.clock.advance(1);
  stage.offer('a', 'after it');
  stage.bring('after it');
  stage.offer('a', 'as ever');
  t.true(stage.visits.has('as ever'));
});

for (const [name, hold] of [
  [
    'paused',
    (stage: Stage) => {
      for (const row of ['held0', 'held1']) refuse(stage, row, 3_600_000);
    },
  ],
  [
    'given up',
    (stage: Stage) =>
      stage.endAll(
        [0, 1, 2, 3, 4].map((i) => `held${i}`),
        'silent',
      ),
  ],
] as const) {
  test(`a host that is ${name} is so still when 20,000 others have been asked since`, (t) => {
    const stage = new Stage(100);
    stage.offerMany('held', 5);
    hold(stage);
    stage.endAll(stage.visits.keys(), 'answered');
    for (let i = 0; i < 20_001; i++) {
      stage.offer(`other${i}`, `other${i}`);
      stage.end(`other${i}`, 'answered');
    }
    stage.offer('held', 'late');
    t.true(stage.refused.has('late'));
  });
}

test('the pace that a host has asked for holds when 20,000 others have been asked since', (t) => {
  const stage = new Stage(100);
  stage.schedule.slowDown('slow', 10_000);
  for (let i = 0; i < 20_001; i++) {
    stage.offer(`other${i}`, `other${i}`);
    stage.end(`other${i}`, 'answered');
  }
  stage.offerMany('slow', 2);
  t.is(stage.visits.size, 0);
  stage.clock.advance(10_000);
  t.is(stage.visits.size, 1);
});
