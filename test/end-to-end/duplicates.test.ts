import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { sharp } from '../../src/decode/sharp-library.ts';
import { Canvas } from '../../src/demo/pictures/canvas.ts';
import { SCENES, type SceneName } from '../../src/demo/pictures/scenes.ts';
import { type Resource, startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { type CliResult, LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { buildShard } from '../helpers/shard-builder.ts';

function drawScene(name: SceneName): Promise<Buffer> {
  const canvas = SCENES[name](new Canvas(160, 120), 1);
  const raw = { width: canvas.width, height: canvas.height, channels: 3 } as const;
  return sharp(canvas.toBytes(), { raw }).jpeg({ quality: 90 }).toBuffer();
}

test('of a picture that is there at other sizes and twice as it is, a subset of the run has the best one, and the report tells of it', async (t) => {
  const folder = await makeFolder(t);
  const picture = await drawScene('city');
  const half = await sharp(picture).resize(80, 60).jpeg().toBuffer();
  const coarse = await sharp(picture).jpeg({ quality: 40 }).toBuffer();
  const served = [half, picture, await drawScene('tree'), undefined, picture, coarse];
  const copies = [0, 1, 4, 5];
  const resources = new Map<string, Resource>();
  for (const [row, bytes] of served.entries()) if (bytes) resources.set(`/${row}.jpg`, bytes);
  const host = await startImageHost(resources);
  t.teardown(() => host.stop());
  const shard = join(folder, 'shard.parquet');
  await buildShard(
    shard,
    served.map((_, row) => ({ URL: `${host.origin}/${row}.jpg`, TEXT: `row ${row}` })),
  );
  const run = join(folder, 'run');
  const succeed = async (...flags: string[]): Promise<CliResult> => {
    const result = await runCli(flags);
    t.is(result.exitCode, 0, result.stderr);
    return result;
  };
  await succeed(
    ...['score', shard, '--output-folder', run, '--compute-hash', 'sha256', '--compute-phash'],
    ...['--save-embeddings', ...LOOPBACK_FLAGS],
  );

  const report = await readFile(join(run, 'report.html'), 'utf8');
  t.regex(report, /<h2[^>]*>Repeated<\/h2>/);
  t.regex(report, /Rows with the same perceptual hash: /);

  const tags = await readParquet(join(run, 'tags', '00000.parquet'));
  const score = (row: number): number => tags[row]!['aesthetic'] as number;
  const best = copies.reduce((a, b) => (score(b) > score(a) ? b : a));
  const keptBy = async (dedup: string): Promise<number[]> => {
    const output = join(folder, dedup.replaceAll(/\W/g, '_'));
    await succeed('subset', '--metadata', run, '--dedup', dedup, '--output-folder', output);
    const { subsets } = JSON.parse(await readFile(join(output, 'subset.json'), 'utf8'));
    const files = (await readdir(output)).filter((name) => name.endsWith('.parquet'));
    const rows = await readParquet(join(output, files[0]!));
    const { kept, droppedBy } = subsets[0];
    t.deepEqual([files.length, kept, droppedBy.status], [1, rows.length, 1]);
    t.is(droppedBy.dedup, served.length - 1 - rows.length);
    return rows.map(({ URL }) => Number(/(\d)\.jpg$/.exec(URL as string)![1]));
  };
  const bestOfGroup = [best, 2].sort();
  t.deepEqual(await keptBy('phash:4'), bestOfGroup);
  t.deepEqual(await keptBy('sha256'), [0, 1, 2, 5], 'the same bytes are there twice');
  t.deepEqual(await keptBy('url'), [0, 1, 2, 4, 5]);
});
