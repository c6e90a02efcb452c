import test from 'ava';
import { FairClock } from '../../src/download/fair-clock.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

/** Lets time pass as it does in a process that is never busy. */
function idle(clock: ManualClock, ms: number): void {
  for (let passedMs = 0; passedMs < ms; passedMs++) clock.advance(1);
}

test('what is due comes when it is due, while this process is not busy', (t) => {
  const clock = new ManualClock();
  const fair = new FairClock(clock);
  let rang = false;
  fair.after(1000, () => {
    rang = true;
  });
  idle(clock, 999);
  t.false(rang);
  t.is(fair.nowMs(), 999);
  idle(clock, 1);
  t.true(rang);
});

test('what is due within a time in which this process was stopped comes later by what was lost', (t) => {
  const clock = new ManualClock();
  const fair = new FairClock(clock);
  let rang = false;
  fair.after(1000, () => {
    rang = true;
  });
  idle(clock, 500);
  clock.advance(3000);
  // 50 ms passed until a timer was due, 10 ms more are no more than usual.
  t.is(fair.nowMs(), 560);
  idle(clock, 439);
  t.false(rang);
  idle(clock, 1);
  t.true(rang);
});

test('a process that is always busy has as much time as it looks at', (t) => {
  const clock = new ManualClock();
  const fair = new FairClock(clock);
  let rangAtMs = 0;
  fair.after(1000, () => {
    rangAtMs = clock.nowMs();
  });
  for (let turn = 0; turn < 100 && rangAtMs === 0; turn++) clock.advance(200);
  t.true(rangAtMs >= 3000, `${rangAtMs}`);
});

test('the time never goes back', (t) => {
  const clock = new ManualClock();
  const fair = new FairClock(clock);
  fair.after(100_000, () => undefined);
  let lastMs = 0;
  for (const ms of [10, 50, 200, 7, 3, 1000, 61, 0, 49]) {
    clock.advance(ms);
    const nowMs = fair.nowMs();
    t.true(nowMs >= lastMs, `${lastMs} -> ${nowMs}`);
    lastMs = nowMs;
  }
});

test('nothing keeps the process alive once nothing is waited for, and what is taken back does not come', (t) => {
  const clock = new ManualClock();
  const fair = new FairClock(clock);
  const cancel = fair.after(100, () => t.fail());
  fair.after(50, () => undefined);
  cancel();
  cancel();
  t.true(clock.waits());
  idle(clock, 60);
  t.false(clock.waits());
  clock.advance(5000);
  t.is(fair.nowMs(), 5060);
});
