import { join } from 'node:path';
import test from 'ava';
import type { InputTools } from '../../src/browse/pictures/input-pictures.ts';
import { openInputs } from '../../src/browse/pictures/run-inputs.ts';
import type { RunRecord } from '../../src/runs/run-record.ts';
import { makeFolder } from '../helpers/make-folder.ts';

test('images that lie elsewhere are said to be not fetched, and not to be gone', async (t) => {
  const here = await makeFolder(t);
  const open = (...paths: string[]) => {
    const inputs = paths.map((path) => ({ path, format: 'images', rows: 1 }));
    const record = { inputs, shards: paths.length, settings: {}, columns: {} } as unknown as RunRecord;
    return openInputs({ path: here, record }, {} as InputTools);
  };
  const elsewhere = open('s3://bucket/a', 's3://bucket/b');
  t.is(elsewhere.place, undefined);
  t.deepEqual(elsewhere.notes, ['The images at s3://bucket/a are not fetched for a page.']);
  const some = open(join(here, 'gone'), here, 's3://bucket/a');
  t.not(some.place, undefined);
  t.deepEqual(some.notes, [
    `The images at ${join(here, 'gone')} are gone.`,
    'The images at s3://bucket/a are not fetched for a page.',
  ]);
});
