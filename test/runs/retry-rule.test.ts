import test from 'ava';
import { describePlan, planRetry, RETRIED_BY_DEFAULT, type RetryPlan } from '../../src/runs/retry-rule.ts';

const emptyPlan = (): RetryPlan => ({ tried: {}, leftForReason: {}, leftForAge: 0 });

test('of the failed rows of a shard those are counted whose reasons are asked for; the others are left', (t) => {
  const plan = emptyPlan();
  const rule = { reasons: RETRIED_BY_DEFAULT, minAgeMs: 0 };
  const stats = { reasons: { timed_out: 3, http_not_found: 4 }, end_time: 5 };
  t.is(planRetry(stats, rule, { plan, nowMs: 5000 }), 3);
  t.is(planRetry({ ...stats, reasons: { response_cut: 2 } }, rule, { plan, nowMs: 5000 }), 2);
  t.deepEqual(plan, {
    tried: { timed_out: 3, response_cut: 2 },
    leftForReason: { http_not_found: 4 },
    leftForAge: 0,
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
  t.is(plan.leftForAge, 6);
});

test('a run in which no row has failed says so', (t) => {
  t.is(describePlan(emptyPlan()), 'No row of a finished shard has failed.');
});
