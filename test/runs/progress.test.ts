import test from 'ava';
import { ScoreProgress } from '../../src/runs/progress.ts';

test('a run begins with nothing counted', (t) => {
  const progress = new ScoreProgress();
  const counters = Object.entries(progress).filter(
    ([name, value]) => typeof value === 'number' && name !== 'startedAtMs',
  );
  t.true(counters.length > 0);
  for (const [name, value] of counters) t.is(value, 0, name);
  t.is(progress.ended, 0);
});

test('failures are counted by reason, with those of an earlier session apart', (t) => {
  const progress = new ScoreProgress();
  progress.resumedFailures = 5;
  for (const reason of ['timed_out', 'dns_failed', 'timed_out'] as const) progress.countFailure(reason);
  progress.succeeded = 4;
  t.deepEqual(progress.reasons, { timed_out: 2, dns_failed: 1 });
  t.is(progress.failed, 3);
  t.is(progress.allFailures, 8);
  t.is(progress.ended, 7);
});

test('the clock of scoring starts where scoring begins', (t) => {
  const progress = new ScoreProgress();
  for (const phase of ['planning', 'loading', 'judging'] as const) progress.enter(phase);
  t.is(progress.scoringStartedAtMs, undefined);
  progress.enter('scoring');
  t.true(progress.scoringStartedAtMs! >= progress.startedAtMs);
});

test('what repeats is said once in a few seconds at most, and nothing in the first; what matters is said at once', (t) => {
  const notes: string[] = [];
  const progress = new ScoreProgress((note) => notes.push(note));
  const now = Date.now;
  const startedAtMs = now();
  t.teardown(() => {
    Date.now = now;
  });
  const at = (seconds: number, text: string): void => {
    Date.now = () => startedAtMs + 10_000 + seconds * 1000;
    progress.noteNowAndThen(text);
  };
  progress.noteNowAndThen('too early');
  at(0, 'a');
  at(1, 'b');
  at(2.9, 'c');
  at(3, 'd');
  progress.note('at once');
  t.deepEqual(notes, ['a', 'd', 'at once']);
});

test('queues can be watched once the stages run', (t) => {
  const progress = new ScoreProgress();
  t.deepEqual(progress.queues, {});
  const queue = { size: 1, capacity: 2 };
  progress.watchQueues({ download: queue, decode: queue, embed: queue });
  t.is(progress.queues.decode, queue);
});
