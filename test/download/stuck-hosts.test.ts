import test from 'ava';
import { ManualClock } from '../helpers/manual-clock.ts';
import { until } from '../helpers/until.ts';
import { Stage } from './schedule-stage.ts';
import { failureIn, startDownloader, startHost, UNHURRIED } from './setup.ts';

/** A row whose answer begins, and ends only with its time. */
function stall(stage: Stage, row: string): void {
  const visit = stage.visits.get(row)!;
  visit.answered();
  visit.stalled();
  stage.end(row, 'nothing');
}

test('a host that sends heads and no bodies is given up once five rows have waited in vain', async (t) => {
  const host = await startHost(t);
  const clock = new ManualClock();
  const options = { ...UNHURRIED, timeoutMs: 4_000, perHost: 8 };
  const downloader = startDownloader(t, options, { clock });
  let heads = 0;
  const hosts = { answered: () => heads++, askedToPause: () => undefined };
  const url = host.url('/headers-then-hang');
  const rows = Array.from({ length: 96 }, () => downloader.download(url, undefined, { hosts }));
  await until(() => heads === 5);
  clock.advance(4_000);
  const failures = (await Promise.all(rows)).map((outcome) => failureIn(t, outcome));
  t.is(failures.filter(({ reason }) => reason === 'timed_out').length, 5);
  const unasked = failures.filter(({ reason }) => reason === 'host_unresponsive');
  t.is(unasked.length, 91);
  t.is(unasked[0]!.message, 'The host begins its answers and does not end them: not asked');
  t.is(host.requests(), 5);
});

test('heads alone do not make up for rows that waited in vain, a whole answer does', (t) => {
  const stage = new Stage(100);
  stage.offerMany('a', 5);
  for (const row of ['a0', 'a1', 'a2', 'a3']) stall(stage, row);
  stage.bring('a4');
  for (let i = 0; i < 9; i++) stage.offer('a', `more${i}`);
  for (let i = 0; i < 9; i++) stall(stage, `more${i}`);
  stage.offer('a', 'tenth');
  t.true(stage.visits.has('tenth'), 'it has sent a whole answer, and is granted twice as many');
  stall(stage, 'tenth');
  stage.offer('a', 'too much');
  t.is(stage.refused.get('too much')?.reason, 'host_unresponsive');
});

test('a host that was given up for its bodies is opened by a whole answer, not by a head', (t) => {
  const stage = new Stage(100, { tries: 1, coolDownMs: 1000 });
  stage.offerMany('a', 1);
  stall(stage, 'a0');
  stage.clock.advance(1000);
  for (const row of ['first', 'second']) stage.offer('a', row);
  stage.visits.get('first')!.answered();
  t.deepEqual([...stage.visits.keys()], ['first']);
  stall(stage, 'first');
  t.is(stage.refused.get('second')?.reason, 'host_unresponsive');
  stage.clock.advance(1000);
  for (const row of ['third', 'fourth', 'fifth']) stage.offer('a', row);
  stage.bring('third');
  t.deepEqual([...stage.visits.keys()], ['fourth', 'fifth']);
});

test('silence that was not its fault is forgotten of a host that ends no answer, too', (t) => {
  const stage = new Stage(100, { tries: 1 });
  stage.offerMany('a', 1);
  stall(stage, 'a0');
  stage.schedule.forgetSilence();
  stage.offer('a', 'again');
  t.true(stage.visits.has('again'));
});

test('a host that stalled while it was given up for its silence is tried by one row once a head has come', (t) => {
  const stage = new Stage(100, { tries: 1 });
  stage.offer('a', 'first');
  stage.offer('a', 'second');
  for (const row of ['first', 'second']) stage.visits.get(row)!.answered();
  stage.offerMany('a', 3);
  stage.endAll(['a0', 'a1'], 'silent');
  // Their heads had come before it was given up.
  for (const row of ['first', 'second']) {
    stage.visits.get(row)!.stalled();
    stage.end(row, 'nothing');
  }
  stage.visits.get('a2')!.answered();
  stage.end('a2', 'nothing');
  for (const row of ['one', 'further']) stage.offer('a', row);
  t.deepEqual([...stage.visits.keys()], ['one']);
  stall(stage, 'one');
  t.is(stage.refused.get('further')?.reason, 'host_unresponsive');
});

test('answers that do not end, and rows without one, count against no host that served others meanwhile', (t) => {
  const stage = new Stage(100);
  stage.makeKnown('a');
  stage.offerMany('a', 40);
  stage.visits.get('a0')!.answered();
  t.is(stage.visits.size, 40);
  stage.bring('a39');
  for (let i = 1; i < 20; i++) stall(stage, `a${i}`);
  for (let i = 20; i < 39; i++) stage.end(`a${i}`, 'silent');
  stage.end('a0', 'nothing');
  stage.offerMany('a', 40);
  t.is(stage.visits.size, 40);
  t.is(stage.refused.size, 0);
});
