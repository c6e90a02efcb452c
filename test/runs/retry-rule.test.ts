import test from 'ava';
import { describePlan, emptyPlan, planRetry, RETRIED_BY_DEFAULT } from '../../src/runs/retry-rule.ts';

test('of the failed rows of a shard those are counted whose reasons are asked for; the others are left', (t) => {
  const plan = emptyPlan();
  const rule = { reasons: RETRIED_BY_DEFAULT, minAgeMs: 0 };
  const stats = { reasons: { timed_out: 3, http_not_found: 4 }, end_time: 5 };
  t.is(planRetry(stats, rule, { plan, nowMs: 5000 }), 3);
  t.is(planRetry({ ...stats, reasons: { response_cut: 2 } }, rule, { plan, nowMs: 5000 }), 2);
  t.deepEqual(plan, {
    tried: { timed_out: 3, response_cut: 2 },
    leftForReason: { http_not_found: 4 },
    leftForAge: {},
    oldEnoughAtMs: Number.POSITIVE_INFINITY,
  });
  t.is(
    describePlan(plan),
    'Failed rows of finished shards that are tried again: timed_out 3, response_cut 2; ' +
      'left for their reasons (--retry-reasons): http_not_found 4.',
  );
});

test('rows of a shard that ended too recently, or in what is the future here, are left', (t) => {
  const plan = emptyPlan();
  const rule = { reasons: RETRIED_BY_DEFAULT, minAgeMs: 1000 };
  const stats = { reasons: { timed_out: 3, http_not_found: 4 }, end_time: 5 };
  for (const nowMs of [1000, 5999]) t.is(planRetry(stats, rule, { plan, nowMs }), 0);
  t.is(planRetry(stats, rule, { plan, nowMs: 6000 }), 3);
  t.deepEqual(plan.leftForAge, { timed_out: 6 });
  planRetry({ reasons: { dns_failed: 7 }, end_time: 5.2 }, rule, { plan, nowMs: 6000 });
  t.regex(
    describePlan(plan),
    /\(--retry-after-days\): dns_failed 7, timed_out 6; the first of these shards is old enough at 1970-01-01T00:00:06Z\.$/,
  );
});

test('a run in which no row has failed says so', (t) => {
  t.is(describePlan(emptyPlan()), 'No row of a finished shard has failed.');
});
