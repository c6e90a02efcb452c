import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type CoordinateOptions, coordinate } from '../../src/fleet/queue/coordinate.ts';
import { makeFolder } from '../helpers/make-folder.ts';

test('named failures are kept where there is no queue to give their shards to again', async (t) => {
  const outputFolder = await makeFolder(t);
  const failed = join(outputFolder, '.failed');
  await mkdir(failed);
  await writeFile(join(failed, '00007.json'), '{}');
  const planned = { digest: 'd', plan: { shards: [] } };
  const options = { outputFolder, planned, queueUrl: 'redis://127.0.0.1:1', retryFailed: true };
  await t.throwsAsync(coordinate(options as unknown as CoordinateOptions), { code: 'BB_QUEUE_UNREACHABLE' });
  t.deepEqual(await readdir(failed), ['00007.json']);
});
