import test from 'ava';
import { packageVersion } from '../../src/base/package.ts';
import { refuseOtherVersion } from '../../src/fleet/same-version.ts';
import { Worker, type WorkerOptions } from '../../src/fleet/worker.ts';

test('a plan is done by the version that made it, and by those that are known to give the same bytes', (t) => {
  t.notThrows(() => refuseOtherVersion({ bowerbird_version: packageVersion }));
  t.notThrows(() => refuseOtherVersion({ bowerbird_version: '9.8.7' }, ['9.8.6', '9.8.7']));
  t.throws(() => refuseOtherVersion({ bowerbird_version: '9.8.5' }, ['9.8.6', '9.8.7']), {
    code: 'BB_RUN_CHANGED',
    message: /planned with bowerbird 9\.8\.5.*npm install bowerbird@9\.8\.5/,
  });
});

test('a worker of another version than the plan is refused before it loads or writes anything', async (t) => {
  const planned = { record: { bowerbird_version: '9.8.7' } };
  await t.throwsAsync(Worker.start({ planned } as WorkerOptions), { code: 'BB_RUN_CHANGED' });
});
