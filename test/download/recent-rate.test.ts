import test from 'ava';
import { RecentRate } from '../../src/download/recent-rate.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

test('what happened in the last whole second is told; before there was one, nothing is known', (t) => {
  const clock = new ManualClock();
  const rate = new RecentRate(() => clock.nowMs());
  for (let i = 0; i < 7; i++) rate.count();
  t.is(rate.perSecond, Number.POSITIVE_INFINITY);
  clock.advance(1_000);
  for (let i = 0; i < 3; i++) rate.count();
  t.is(rate.perSecond, 7);
  clock.advance(1_999);
  t.is(rate.perSecond, 3);
  rate.count();
  clock.advance(1);
  t.is(rate.perSecond, 1);
  rate.count();
  clock.advance(2_500);
  t.is(rate.perSecond, 0);
});
