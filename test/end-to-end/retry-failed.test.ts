import { readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { decodeNpy } from '../../src/base/npy.ts';
import { type ImageHost, type Resource, startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { buildShard } from '../helpers/shard-builder.ts';

const ROW_COUNT = 36;
const isDown = (row: number): boolean => row < 24 && row % 4 === 1;

/** Tags, metadata, embeddings and signals of consent are the same, and buckets up to the order of their sums. */
async function sameRun(t: ExecutionContext, ours: string, theirs: string): Promise<void> {
  for (const shard of ['00000', '00001', '00002']) {
    for (const file of [`tags/${shard}.parquet`, `metadata/metadata_${shard}.parquet`])
      t.deepEqual(await readParquet(`${ours}/${file}`), await readParquet(`${theirs}/${file}`));
    t.deepEqual(await hostsOf(ours, shard), await hostsOf(theirs, shard));
    const consent = (run: string): Promise<Buffer> => readFile(`${run}/consent/${shard}.parquet`);
    t.deepEqual(await consent(ours), await consent(theirs));
    const [embeddings, expected] = await Promise.all(
      [ours, theirs].map(async (run) => decodeNpy(await readFile(`${run}/img_emb/img_emb_${shard}.npy`))),
    );
    t.deepEqual(embeddings, expected);
  }
  const buckets = await readParquet(`${ours}/buckets.parquet`);
  for (const [i, expected] of (await readParquet(`${theirs}/buckets.parquet`)).entries()) {
    const bucket = buckets[i]!;
    t.is(bucket['count'], expected['count']);
    // The same embeddings in another order: equal up to rounding.
    t.true(Math.abs(Number(bucket['mean_score']) - Number(expected['mean_score'])) < 1e-9);
    t.true(Math.abs(Number(bucket['head_on_mean']) - Number(bucket['mean_score'])) < 1e-5);
  }
}

/** What became of the rows of each host, and the bytes of their images. */
async function hostsOf(run: string, shard: string): Promise<unknown> {
  const { hosts } = JSON.parse(await readFile(`${run}/stats/${shard}_stats.json`, 'utf8'));
  return hosts.listed.map(({ pace: _, ...totals }: { pace: unknown }) => totals);
}

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
  const tagged = await makePicture(2);
  resources.set('/2.jpg', (_request, response) => {
    response.writeHead(200, { 'x-robots-tag': 'nofollow' }).end(tagged);
  });
  await buildShard(`${folder}/shard.parquet`, rows);
  const score = async (run: string, ...flags: string[]): Promise<void> => {
    const result = await runCli([
      ...['score', `${folder}/shard.parquet`, '--output-folder', `${folder}/${run}`],
      ...['--number-sample-per-shard', '12', '--save-embeddings', '--save-consent', '--min-aesthetic', '4'],
      ...LOOPBACK_FLAGS,
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
  const signals = await readParquet(`${folder}/retried/consent/00000.parquet`);
  t.like(signals[1], { key: '0000001', x_robots_tag: null, robots_allowed: null, c2pa: false });
  t.like(signals[2], { x_robots_tag: 'nofollow', tdm_reservation: null, c2pa: false });
  await sameRun(t, `${folder}/retried`, `${folder}/whole`);
});
