import test from 'ava';
import { addTallies, describeTally, isTally } from '../../src/runs/retry-tally.ts';

const LATE = { timed_out: { rows: 3, successes: 1 } };

test('tallies add up by reason, in the order of names', (t) => {
  const sum = addTallies(LATE, undefined, {
    timed_out: { rows: 2, successes: 2 },
    dns_failed: { rows: 1, successes: 0 },
  });
  t.is(JSON.stringify(sum), '{"dns_failed":{"rows":1,"successes":0},"timed_out":{"rows":5,"successes":3}}');
  t.deepEqual(addTallies(), {});
});

test('a tally is said in a sentence, the most frequent reason first', (t) => {
  t.is(
    describeTally({ dns_failed: { rows: 1, successes: 0 }, ...LATE }),
    'Rows tried again after they had failed: 4; scored now: 1 (timed_out 1 of 3, dns_failed 0 of 1).',
  );
  t.is(describeTally({}), 'No row was tried again.');
});

test('what is no tally is not taken for one', (t) => {
  for (const value of [{}, LATE]) t.true(isTally(value));
  const bad = [
    ...[null, 3, 'x', { timed_out: 3 }, { timed_out: null }, { timed_out: { rows: 1 } }],
    ...[{ timed_out: { rows: 1, successes: 2 } }, { timed_out: { rows: 1.5, successes: 0 } }],
    { timed_out: { rows: -1, successes: -2 } },
  ];
  for (const value of bad) t.false(isTally(value), JSON.stringify(value));
});
