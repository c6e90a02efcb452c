import test from 'ava';
import { Patience } from '../../src/download/patience.ts';

function after(latenciesMs: readonly number[]): number {
  const patience = new Patience();
  for (let i = 0; i < 2000; i++) patience.answered(latenciesMs[i % latenciesMs.length]!);
  return Math.round(patience.ms);
}

test('three times as long as answers take is waited, a tenth of a second at least and a second at most', (t) => {
  t.is(new Patience().ms, 1_000);
  t.is(after([50]), 150);
  t.is(after([200]), 600);
  t.is(after([1]), 100);
  t.is(after([500]), 1_000);
  t.is(after([60_000]), 1_000);
});

test('a few quick or slow answers change little', (t) => {
  const patience = new Patience();
  for (let i = 0; i < 2000; i++) patience.answered(100);
  for (let i = 0; i < 4; i++) patience.answered(0);
  t.true(patience.ms > 270, `${patience.ms}`);
  for (let i = 0; i < 4; i++) patience.answered(60_000);
  t.true(patience.ms < 500, `${patience.ms}`);
});
