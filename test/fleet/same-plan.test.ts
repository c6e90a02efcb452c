import test from 'ava';
import { refuseOtherPlan } from '../../src/fleet/same-plan.ts';

test('a shard that was done by another plan is refused with the file to remove; one that names no plan is not', (t) => {
  const error = t.throws(
    () => refuseOtherPlan({ plan: 'b' }, 'a', 's3://bucket/run/stats/00003_stats.json'),
    {
      code: 'BB_RUN_CORRUPT',
    },
  );
  t.regex(
    error?.message ?? '',
    /^s3:\/\/bucket\/run\/stats\/00003_stats\.json .*another plan.* Remove that file/,
  );
  t.notThrows(() => refuseOtherPlan({ plan: 'a' }, 'a', 'x'));
  t.notThrows(() => refuseOtherPlan({}, 'a', 'x'));
});
