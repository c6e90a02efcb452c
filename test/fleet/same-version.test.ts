import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { packageVersion } from '../../src/base/package.ts';
import { refuseFinishedByOthers, refuseOtherVersion } from '../../src/fleet/same-version.ts';
import { Worker, type WorkerOptions } from '../../src/fleet/worker.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { sessionAt } from '../runs/setup.ts';
import { makeSharedRun } from './worked-shard.ts';

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

test('a run that another version has finished shards of is not planned, at whatever start that was', async (t) => {
  const folder = join(await makeFolder(t), 'run');
  await makeSharedRun(folder);
  const [old, now] = ['9.8.7', packageVersion];
  const before = { bowerbird_version: old, sessions: [] };
  const once = { bowerbird_version: now, sessions: [{ ...sessionAt(''), bowerbird_version: old }] };
  await t.notThrowsAsync(refuseFinishedByOthers(folder, before), 'nothing is finished');
  await writeFile(new RunFolder(folder).stats(0), '');
  for (const existing of [before, once])
    await t.throwsAsync(refuseFinishedByOthers(folder, existing), {
      code: 'BB_RUN_CHANGED',
      message: /1 finished shards .*bowerbird 9\.8\.7 .*npm install bowerbird@9\.8\.7/,
    });
  const ours = { bowerbird_version: now, sessions: [{ ...sessionAt(''), bowerbird_version: now }] };
  await t.notThrowsAsync(refuseFinishedByOthers(folder, ours));
  await t.notThrowsAsync(refuseFinishedByOthers(folder, undefined));
});
