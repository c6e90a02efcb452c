import test from 'ava';
import fc from 'fast-check';
import type { HostRules } from '../../src/download/host-rules.ts';
import { HOSTS, NaiveSchedule, type Step, step } from './naive-schedule.ts';
import { CLOSED, Stage } from './schedule-stage.ts';

test('a host at its bound is passed over, and the others go in the order in which their rows came', (t) => {
  const stage = new Stage(4, { atOnce: 2 });
  stage.offerMany('a', 5);
  stage.offerMany('b', 1);
  stage.offerMany('c', 2);
  t.deepEqual(stage.admitted, ['a0', 'a1', 'b0', 'c0']);
  stage.end('c0', 'answered');
  t.deepEqual(stage.admitted.slice(4), ['c1']);
  stage.endAll(['a0', 'b0'], 'answered');
  t.deepEqual(stage.admitted.slice(5), ['a2']);
});

test('rows that were begun go before all that were not, those that were begun first before all', (t) => {
  const stage = new Stage(1);
  stage.offerMany('a', 3);
  stage.offer('b', 'later', 2);
  stage.offer('c', 'earlier', 1);
  for (let i = 0; i < 4; i++) stage.end(stage.admitted[i]!, 'answered');
  t.deepEqual(stage.admitted, ['a0', 'earlier', 'later', 'a1', 'a2']);
});

test('3,000 rows of a hanging host: every other row ends before the first of its requests does', (t) => {
  const stage = new Stage(256, { atOnce: 32 });
  stage.offerMany('hanging', 3000);
  for (let host = 0; host < 100; host++) stage.offerMany(`host${host}-`, 30);
  const isLive = (row: string): boolean => row.startsWith('host');
  for (let ended = 0; ended < 3000; ended++) {
    const row = [...stage.visits.keys()].find(isLive);
    if (row === undefined) break;
    stage.end(row, 'answered');
  }
  t.is(stage.admitted.filter(isLive).length, 3000);
  t.is([...stage.visits.keys()].filter(isLive).length, 0);
  t.is(stage.visits.size, 5, 'as many as it takes to give the host up');
  stage.endAll(stage.visits.keys(), 'silent');
  t.is(stage.refused.size, 2995);
  t.deepEqual([...new Set([...stage.refused.values()].map(({ reason }) => reason))], ['host_unresponsive']);
});

test('a tenth of 2,000 hosts hanging takes its tries from the slots, once', (t) => {
  const stage = new Stage(4096, { atOnce: 32 });
  for (let round = 0; round < 10; round++)
    for (let host = 0; host < 2000; host++)
      stage.offer(`${host}`, `${host % 10 === 0 ? 'hanging' : 'live'} ${host} ${round}`);
  const ofKind = (kind: string): string[] => [...stage.visits.keys()].filter((row) => row.startsWith(kind));
  for (let live = ofKind('live'); live.length > 0; live = ofKind('live')) stage.endAll(live, 'answered');
  t.is(stage.admitted.filter((row) => row.startsWith('live')).length, 18_000);
  t.is(stage.visits.size, 200 * 5);
  stage.endAll(stage.visits.keys(), 'silent');
  t.is(stage.refused.size, 200 * 5);
});

test('a host that answered before is granted twice as many silent rows, of those that were sent after its last answer', (t) => {
  const stage = new Stage(100);
  stage.makeKnown('a');
  stage.offerMany('a', 30);
  const running = [...stage.visits.keys()];
  t.is(running.length, 30);
  stage.endAll(running.slice(0, 9), 'silent');
  stage.end(running[9]!, 'answered');
  // It answered others meanwhile.
  stage.endAll(running.slice(10), 'silent');
  t.is(stage.refused.size, 0);
  stage.offerMany('a', 10);
  const later = [...stage.visits.keys()];
  stage.endAll(later.slice(0, 9), 'silent');
  stage.end(later[9]!, 'nothing');
  stage.offer('a', 'one more');
  t.true(stage.visits.has('one more'));
  stage.end('one more', 'silent');
  stage.offer('a', 'too much');
  t.is(stage.refused.get('too much')?.reason, 'host_unresponsive');
});

test('a host is sent five rows at once until one of its answers is whole, and three more with each of them', (t) => {
  const stage = new Stage(100);
  stage.offerMany('a', 20);
  t.is(stage.visits.size, 5);
  stage.visits.get('a0')!.answered();
  t.is(stage.visits.size, 5);
  t.is(stage.schedule.waitingHosts(1)[0]?.why, '5 at once, until it is seen to bear more');
  stage.bring('a1');
  t.is(stage.visits.size, 8);
  stage.bring('a2');
  t.is(stage.visits.size, 11);
});

test('after its cool-down one row is tried: silence gives the host up again, with what waited for the verdict', (t) => {
  const stage = new Stage(100, { tries: 2, coolDownMs: 1000 });
  stage.offerMany('a', 2);
  stage.endAll(['a0', 'a1'], 'silent');
  stage.clock.advance(999);
  stage.offer('a', 'early');
  t.is(stage.refused.get('early')?.reason, 'host_unresponsive');
  stage.clock.advance(1);
  stage.offer('a', 'probe');
  stage.offer('a', 'behind it');
  t.deepEqual([...stage.visits.keys()], ['probe']);
  stage.end('probe', 'silent');
  t.is(stage.refused.get('behind it')?.reason, 'host_unresponsive');
  stage.clock.advance(999);
  stage.offer('a', 'early again');
  t.true(stage.refused.has('early again'));
});

test('an answer to the row that is tried opens the host to all', (t) => {
  const stage = new Stage(100, { tries: 2, coolDownMs: 1000 });
  stage.offerMany('a', 2);
  stage.endAll(['a0', 'a1'], 'silent');
  stage.clock.advance(1000);
  for (const row of ['probe', 'second', 'third', 'fourth']) stage.offer('a', row);
  stage.bring('probe');
  t.deepEqual([...stage.visits.keys()], ['second', 'third', 'fourth']);
});

test('a row tried on a host that has cooled down decides nothing when its host was not reached', (t) => {
  const stage = new Stage(100, { tries: 1, coolDownMs: 1000 });
  stage.offerMany('a', 1);
  stage.end('a0', 'silent');
  stage.clock.advance(1000);
  for (const row of ['first', 'second', 'third']) stage.offer('a', row);
  stage.end('first', 'nothing');
  t.deepEqual([...stage.visits.keys()], ['second']);
});

test('silence that was not the hosts’ is forgotten', (t) => {
  const stage = new Stage(100, { tries: 1 });
  stage.offerMany('a', 1);
  stage.end('a0', 'silent');
  stage.schedule.forgetSilence();
  stage.offer('a', 'again');
  t.true(stage.visits.has('again'));
});

test('a host that asks for a pause is left alone for it, and no other', (t) => {
  const stage = new Stage(100, { atOnce: 1 });
  stage.offerMany('a', 2);
  stage.visits.get('a0')!.pause(3000);
  stage.end('a0', 'answered');
  stage.offerMany('b', 1);
  t.deepEqual(stage.admitted, ['a0', 'b0']);
  stage.clock.advance(2999);
  t.false(stage.visits.has('a1'));
  stage.clock.advance(1);
  t.true(stage.visits.has('a1'));
});

test('rows of a host that asks for a longer pause than is waited for are not asked, and may be later', (t) => {
  const stage = new Stage(100, { atOnce: 1 });
  stage.offerMany('a', 2);
  stage.visits.get('a0')!.pause(60_000);
  stage.end('a0', 'answered');
  t.like(stage.refused.get('a1'), { reason: 'http_too_many_requests', heard: 'unasked' });
  stage.offer('a', 'later');
  t.is(stage.refused.get('later')?.reason, 'http_too_many_requests');
  stage.clock.advance(60_000);
  stage.offer('a', 'after it');
  t.true(stage.visits.has('after it'));
});

test('a rate bounds how many requests begin in a second, also when they end at once', (t) => {
  const stage = new Stage(100, { perSecond: 2 });
  stage.offerMany('a', 1);
  stage.end('a0', 'answered');
  stage.offerMany('a', 8);
  const endRunning = (): number => {
    stage.endAll(stage.visits.keys(), 'answered');
    return stage.admitted.length;
  };
  t.is(endRunning(), 2);
  for (let half = 1; half <= 6; half++) {
    stage.clock.advance(500);
    t.is(endRunning(), 2 + half);
  }
});

test('a pause of several seconds between requests is a rate below one', (t) => {
  const stage = new Stage(100, { perSecond: 0.1 });
  stage.offerMany('a', 3);
  t.is(stage.admitted.length, 1);
  stage.clock.advance(9_999);
  t.is(stage.admitted.length, 1);
  stage.clock.advance(1);
  t.is(stage.admitted.length, 2);
});

test('nothing begins while all is paused, apart from what is asked at once', (t) => {
  const stage = new Stage(100);
  stage.schedule.pause();
  stage.offerMany('a', 2);
  t.deepEqual(stage.admitted, []);
  stage.schedule.visitAtOnce('a').over();
  stage.schedule.resume();
  t.deepEqual(stage.admitted, ['a0', 'a1']);
});

test('closing refuses all that waits', (t) => {
  const stage = new Stage(1);
  stage.offerMany('a', 3);
  stage.offerMany('b', 2);
  stage.schedule.close(CLOSED);
  t.is(stage.refused.size, 4);
});

test('whatever happens, rows are admitted and refused as by a schedule that looks at every row every time', (t) => {
  const rules: HostRules = { atOnce: 3, perSecond: Number.POSITIVE_INFINITY, tries: 2, coolDownMs: 1000 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const stage = new Stage(5, rules);
      const naive = new NaiveSchedule(HOSTS, 5, rules);
      let rows = 0;
      for (const { kind, ...facts } of steps) {
        if (kind === 'offer') {
          const { host, isBegun } = facts as Extract<Step, { kind: 'offer' }>;
          const row = `row${rows}`;
          stage.offer(`${host}`, row, isBegun ? rows : undefined);
          naive.offer(host, { row, order: rows++, isBegun });
        } else if (kind === 'wait') {
          const { ms } = facts as Extract<Step, { kind: 'wait' }>;
          stage.clock.advance(ms);
          naive.wait(ms);
        } else if (naive.running.size > 0) {
          const { which, how } = facts as Extract<Step, { kind: 'end' }>;
          const row = [...naive.running.keys()][which % naive.running.size]!;
          stage.end(row, how);
          naive.end(row, how);
        }
        t.deepEqual(stage.admitted, naive.admitted);
        t.deepEqual([...stage.refused.keys()].sort(), [...naive.refused].sort());
      }
      // Every row that was offered is in one place, and no row in two.
      const ended = stage.admitted.length + stage.refused.size;
      t.is(new Set([...stage.admitted, ...stage.refused.keys()]).size, ended);
      for (let running = [...stage.visits.keys()]; running.length > 0; running = [...stage.visits.keys()])
        stage.endAll(running, 'answered');
      t.is(stage.admitted.length + stage.refused.size, rows);
    }),
    { numRuns: 300 },
  );
});

test('the hosts with the most rows are told, with what their rows wait for', (t) => {
  const stage = new Stage(100, { atOnce: 2 });
  stage.offer('sound', 'sound');
  stage.end('sound', 'answered');
  stage.offerMany('sound', 9);
  stage.offerMany('silent', 8);
  stage.offer('paused', 'first');
  stage.visits.get('first')!.pause(9_500);
  stage.end('first', 'answered');
  stage.offerMany('paused', 7);
  stage.offer('slow', 'slow');
  t.deepEqual(stage.schedule.waitingHosts(9), [
    { host: 'sound', rows: 9, why: 'at its limit of 2' },
    { host: 'silent', rows: 8, why: 'at its limit of 2' },
    { host: 'paused', rows: 7, why: 'paused for 10 s' },
    { host: 'slow', rows: 1, why: 'slow to answer' },
  ]);
  t.deepEqual(
    stage.schedule.waitingHosts(2).map(({ host }) => host),
    ['sound', 'silent'],
  );
  stage.endAll(stage.visits.keys(), 'nothing');
});

test('of a host is told that it has been silent, was given up, or is at its pace; or that no request is free', (t) => {
  const whyOf = (stage: Stage): string => stage.schedule.waitingHosts(1)[0]!.why;
  const silent = new Stage(100, { tries: 3 });
  silent.offerMany('a', 9);
  t.is(whyOf(silent), 'silent so far');
  silent.endAll(silent.visits.keys(), 'silent');
  t.deepEqual(silent.schedule.waitingHosts(1), []);
  silent.clock.advance(30_000);
  silent.offerMany('a', 2);
  t.is(whyOf(silent), 'given up, one row tries it again');

  const paced = new Stage(100, { perSecond: 0.5 });
  paced.offerMany('a', 3);
  t.is(whyOf(paced), 'at its pace of 0.5 a second');
  paced.schedule.slowDown('a', 4_000);
  paced.clock.advance(1_000);
  t.is(whyOf(paced), 'at its pace of 0.25 a second');

  const busy = new Stage(1);
  busy.offerMany('a', 1);
  busy.offerMany('b', 3);
  t.is(busy.schedule.waitingHosts(1)[0]!.host, 'b');
  t.is(whyOf(busy), 'no request is free for them');
});

test('where hosts that hang hold all requests, they are told, and not those whose rows find none free', (t) => {
  const stage = new Stage(4);
  stage.offerMany('stuck', 2);
  stage.offer('slower', 'slower');
  stage.offer('sound', 'first');
  stage.offerMany('sound', 9);
  stage.clock.advance(6_500);
  t.deepEqual(stage.schedule.hangingRequests(1), { requests: 4, hosts: ['stuck'] });
  stage.end('first', 'answered');
  t.deepEqual(stage.schedule.waitingHosts(9), [
    { host: 'stuck', rows: 2, why: '2 requests in flight, none ended for 6 s' },
    { host: 'slower', rows: 1, why: '1 request in flight, none ended for 6 s' },
  ]);
  t.deepEqual(stage.schedule.hangingRequests(9), { requests: 3, hosts: ['stuck', 'slower'] });
  stage.endAll(['slower'], 'answered');
  t.deepEqual(
    stage.schedule.waitingHosts(9).map(({ host }) => host),
    ['stuck'],
  );
  stage.endAll(stage.visits.keys(), 'nothing');
});

test('a host is asked again soon where one of its rows has its turn within a second, or may still come among those that have', (t) => {
  const stage = new Stage(1);
  stage.offer('often', 'often0');
  stage.offer('once', 'once0');
  stage.offerMany('other', 300);
  stage.offer('often', 'often1');
  stage.offerMany('another', 300);
  stage.end('often0', 'answered');
  stage.end('once0', 'answered');
  t.true(stage.schedule.isAskedSoon('once', 1_000, 1_000), 'how fast rows are sent is not known yet');
  for (let i = 0; i < 100; i++) stage.end(`other${i}`, 'answered');
  stage.clock.advance(1_000);
  t.false(
    stage.schedule.isAskedSoon('often', 1_000, 1_000),
    '200 rows away, of which 103 are sent in a second',
  );
  for (let i = 100; i < 200; i++) stage.end(`other${i}`, 'answered');
  stage.clock.advance(1_000);
  t.true(stage.schedule.isAskedSoon('often', 1_000, 1_000), '100 rows away');
  t.false(stage.schedule.isAskedSoon('often', 1_000, 99));
  t.true(stage.schedule.isAskedSoon('often.', 1_000, 1_000));
  t.false(stage.schedule.isAskedSoon('once', 1_000, 1_000), 'none of its rows is known');
  stage.offer('once', 'once1', 1);
  t.true(stage.schedule.isAskedSoon('once', 1_000, 1_000), 'its row has been redirected');
});
