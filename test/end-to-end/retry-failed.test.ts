import { readFile } from 'node:fs/promises';
import test from 'ava';
import { decodeNpy } from '../../src/base/npy.ts';
import { type ImageHost, type Resource, startImageHost } from '../helpers/image-host.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { runCli } from '../helpers/run-cli.ts';
import { LOOPBACK_FLAGS, makeFolder } from '../helpers/scored-world.ts';
import { buildShard } from '../helpers/shard-builder.ts';

const ROW_COUNT = 36;
const isDown = (row: number): boolean => row < 24 && row % 4 === 1;

test('--retry-failed asks for the failed rows alone, and ends where a run without failures ends', async (t) => {
  const folder = await makeFolder(t);
  const resources = new Map<string, Resource>();
  const host: ImageHost = await startImageHost(resources);
  t.teardown(() => host.stop());
  const rows = Array.from({ length: ROW_COUNT }, (_, row) => ({
    URL: `${host.origin}/${row}.jpg`,
    TEXT: `row ${row}`,
  }));
  for (let row = 0; row < ROW_COUNT; row++)
    if (!isDown(row)) resources.set(`/${row}.jpg`, await makePicture(row));
  await buildShard(`${folder}/shard.parquet`, rows);
  const score = async (run: string, ...flags: string[]): Promise<void> => {
    const args = [
      '--number-sample-per-shard',
      '12',
      '--save-embeddings',
      '--min-aesthetic',
      '4',
      ...LOOPBACK_FLAGS,
    ];
    const result = await runCli([
      'score',
      `${folder}/shard.parquet`,
      '--output-folder',
      `${folder}/${run}`,
      ...args,
      ...flags,
    ]);
    t.is(result.exitCode, 0, result.stderr);
  };

  await score('retried');
  for (let row = 0; row < ROW_COUNT; row++)
    if (isDown(row)) resources.set(`/${row}.jpg`, await makePicture(row));
  const before = new Map(host.requests);
  await score('retried');
  t.deepEqual(new Map(host.requests), before, 'without the flag nothing is asked for');
  await score('retried', '--retry-failed');
  const asked = [...host.requests].filter(([path, count]) => count > before.get(path)!).map(([path]) => path);
  t.deepEqual(
    asked.map((path) => Number(/\d+/.exec(path)?.[0])).sort((a, b) => a - b),
    rows.flatMap((_, row) => (isDown(row) ? row : [])),
  );

  await score('whole');
  for (const shard of ['00000', '00001', '00002']) {
    for (const file of [`tags/${shard}.parquet`, `metadata/metadata_${shard}.parquet`]) {
      t.deepEqual(
        await readParquet(`${folder}/retried/${file}`),
        await readParquet(`${folder}/whole/${file}`),
      );
    }
    const [retried, whole] = await Promise.all(
      ['retried', 'whole'].map(async (run) =>
        decodeNpy(await readFile(`${folder}/${run}/img_emb/img_emb_${shard}.npy`)),
      ),
    );
    t.deepEqual(retried, whole);
  }
  const buckets = async (run: string): Promise<Record<string, unknown>[]> =>
    readParquet(`${folder}/${run}/buckets.parquet`);
  const [retried, whole] = [await buckets('retried'), await buckets('whole')];
  for (const [i, bucket] of whole.entries()) {
    t.is(retried[i]!['count'], bucket['count']);
    // The same embeddings in another order: equal up to rounding.
    t.true(Math.abs(Number(retried[i]!['mean_score']) - Number(bucket['mean_score'])) < 1e-9);
    t.true(Math.abs(Number(retried[i]!['head_on_mean']) - Number(retried[i]!['mean_score'])) < 1e-5);
  }
});
