import test from 'ava';
import { Patience } from '../../src/download/patience.ts';

const LEAST_MS = 100;

function after(latenciesMs: readonly number[]): number {
  const patience = new Patience(LEAST_MS);
  for (let i = 0; i < 2000; i++) patience.came(latenciesMs[i % latenciesMs.length]!);
  return Math.round(patience.ms);
}

test('three times as long as answers take is waited, however long that is, a tenth of a second at least', (t) => {
  t.is(Math.round(new Patience(LEAST_MS).ms), 1_000);
  t.is(after([50]), 150);
  t.is(after([200]), 600);
  t.is(after([1]), 100);
  t.is(after([500]), 1_500);
  t.is(after([5_000]), 15_000);
});

test('a few quick or slow answers change little, and a tenth that are slow count as a tenth', (t) => {
  const patience = new Patience(LEAST_MS);
  for (let i = 0; i < 2000; i++) patience.came(100);
  for (let i = 0; i < 4; i++) patience.came(0);
  t.true(patience.ms > 270, `${patience.ms}`);
  for (let i = 0; i < 4; i++) patience.came(60_000);
  t.true(patience.ms < 500, `${patience.ms}`);
  t.true(after([50, 50, 50, 50, 50, 50, 50, 50, 50, 6_000]) < 300);
});
