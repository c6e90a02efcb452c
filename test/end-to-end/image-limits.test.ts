import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { sharp } from '../../src/decode/sharp-library.ts';
import { type Resource, startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { buildShard } from '../helpers/shard-builder.ts';

/** Width and height of each picture, and how its row ends with a shorter side of 20, an area of 2300 and a ratio of 1.15. */
const PICTURES = [
  [20, 20, null],
  [23, 20, null],
  [50, 46, null],
  [19, 20, 'image_too_small'],
  [50, 47, 'image_too_large'],
  [24, 20, 'aspect_ratio_too_large'],
] as const;

test('limits of size end rows before the encoder, each under its reason, to the pixel and however an image is turned', async (t) => {
  const folder = await makeFolder(t);
  const resources = new Map<string, Resource>();
  for (const [place, [width, height]] of PICTURES.entries()) {
    const upright = await makePicture(place, width, height);
    const turned = await sharp(await makePicture(place, height, width)).withMetadata({ orientation: 6 });
    resources.set(`/${place}.jpg`, upright);
    resources.set(`/${place}.turned.jpg`, await turned.jpeg().toBuffer());
  }
  const host = await startImageHost(resources);
  t.teardown(() => host.stop());
  const names = PICTURES.flatMap((_, place) => [`${place}.jpg`, `${place}.turned.jpg`]);
  const shard = join(folder, 'shard.parquet');
  await buildShard(
    shard,
    names.map((name) => ({ URL: `${host.origin}/${name}` })),
  );
  const run = join(folder, 'out');
  const result = await runCli([
    ...['score', shard, '--output-folder', run, '--save-embeddings', ...LOOPBACK_FLAGS],
    ...['--min_image_size', '20', '--max_image_area', '2300', '--max_aspect_ratio', '1.15'],
  ]);
  t.is(result.exitCode, 0, result.stderr);

  const tags = await readParquet(join(run, 'tags', '00000.parquet'));
  t.deepEqual(
    tags.map(({ reason }) => reason),
    PICTURES.flatMap(([, , reason]) => [reason, reason]),
  );
  t.true(tags.every(({ status, reason }) => status === (reason === null ? 'success' : 'failed_to_resize')));
  const stats = JSON.parse(await readFile(join(run, 'stats', '00000_stats.json'), 'utf8'));
  t.like(stats, {
    ...{ count: 12, successes: 6, failed_to_download: 0, failed_to_resize: 6 },
    reasons: { aspect_ratio_too_large: 2, image_too_large: 2, image_too_small: 2 },
  });
  t.is((await readParquet(join(run, 'metadata', 'metadata_00000.parquet'))).length, 6);
  const report = await readFile(join(run, 'report.html'), 'utf8');
  for (const reason of Object.keys(stats.reasons)) t.true(report.includes(reason), reason);
});
