import test from 'ava';
import { RecentMap } from '../../src/base/recent-map.ts';

test('of more entries than it may hold the one is forgotten that was set longest ago', (t) => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1).set('b', 2).set('a', 3).set('c', 4);
  t.deepEqual(
    [...map],
    [
      ['a', 3],
      ['c', 4],
    ],
  );
});
