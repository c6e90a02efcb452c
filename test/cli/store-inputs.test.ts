import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readStoreInputs } from '../../src/cli/store-inputs.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { startS3Server } from '../helpers/s3-server.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment);
test.after.always(() => server.stop());

const TABLE = 'hash,aesthetic\n7,5.5\n';

test('a table that is named outright is read wherever it lies, and known by its size', async (t) => {
  const folder = await makeFolder(t);
  const here = join(folder, 'here.csv');
  await writeFile(here, TABLE);
  for (const key of ['named.csv', 'n/0.csv', 'n/1.csv', 'listed/x.csv']) server.hold('bucket', key, TABLE);
  const named = ['s3://bucket/named.csv', 's3://bucket/n/{0..1}.csv'];
  const sizes = new Map<string, number>();
  const hashes: bigint[] = [];
  const rows = readStoreInputs(
    [here, ...named, 's3://bucket/listed'],
    ['aesthetic'],
    {},
    {
      memoryLimitMb: 128,
      temporaryFolder: folder,
      onAllInputs: (inputs) => {
        for (const [path, bytes] of inputs) sizes.set(path, bytes);
      },
    },
  );
  for await (const batch of rows) hashes.push(...batch.hashes);
  t.deepEqual(hashes, [7n, 7n, 7n, 7n, 7n]);
  const paths = [here, ...['listed/x', 'n/0', 'n/1', 'named'].map((key) => `s3://bucket/${key}.csv`)];
  t.deepEqual(
    [...sizes],
    paths.map((path) => [path, TABLE.length]),
  );
});
