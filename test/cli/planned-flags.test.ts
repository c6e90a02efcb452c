import test from 'ava';
import { plannedFlags, refuseUnplannable } from '../../src/cli/planned-flags.ts';

const STORED = { 'output-folder': 's3://bucket/run', 'incremental-mode': 'incremental' };

test('who does a part of a run tries no rows again, and is told who may', (t) => {
  const retrying = { ...STORED, 'retry-failed': true };
  t.throws(() => refuseUnplannable(retrying), {
    code: 'BB_USAGE',
    message: /`bowerbird score --output-folder s3:\/\/bucket\/run` with it, and without a slice/,
  });
  t.throws(() => refuseUnplannable({ ...retrying, 'output-folder': 'out' }), {
    code: 'BB_USAGE',
    message: /no worker is left, remove plan\.json/,
  });
  t.notThrows(() => refuseUnplannable(retrying, true));
});

test('who does all of a run in object storage cannot change it otherwise', (t) => {
  const changing = { ...STORED, 'retry-failed': true, 'incremental-mode': 'overwrite' };
  t.throws(() => refuseUnplannable(changing, true), {
    code: 'BB_USAGE',
    message: /copy the run into a folder/,
  });
});

test('that rows are tried again is no part of a plan', (t) => {
  const values = { 'output-folder': 's3://bucket/run', 'retry-failed': true, 'min-aesthetic': 5 };
  const args = ['score', '--retry-failed', '--min-aesthetic', '5'];
  const planned = plannedFlags({ values, args });
  t.is(planned['min-aesthetic'], 5);
  t.false('retry-failed' in planned);
});
