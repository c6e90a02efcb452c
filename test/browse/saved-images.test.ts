import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { OUTPUT_FORMATS } from '../../src/saved/settings.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { shownPictures } from './shown-pictures.ts';
import { serve } from './world.ts';

const ROWS = 12;
const ROWS_PER_SHARD = 8;
/** Those that the host of the tests has. */
const PICTURES = 12;

for (const format of OUTPUT_FORMATS) {
  test(`images that a run saved as ${format} are shown, each beside its row, once their host is gone`, async (t) => {
    const world = await makeWorld(t, { rowCount: ROWS });
    const run = world.path('run');
    const saving = ['--save-images', 'kept', '--output-format', format];
    const shards = ['--number-sample-per-shard', String(ROWS_PER_SHARD)];
    const { exitCode, stderr } = await runCli([
      ...['score', world.shard, '--output-folder', run, ...saving, ...shards, ...LOOPBACK_FLAGS],
    ]);
    t.is(exitCode, 0, stderr);
    await world.host.stop();
    await rm(join(run, 'thumbnails'), { recursive: true });
    const shown = await shownPictures(await serve(t, run), PICTURES);
    const tags = (
      await Promise.all([0, 1].map((id) => readParquet(join(run, `tags/0000${id}.parquet`))))
    ).flat();
    t.true(tags.some(({ kept }) => kept === true) && tags.some(({ kept }) => kept === false));
    for (const [row, { key, kept }] of tags.entries()) {
      const expected = kept
        ? { origin: 'saved', seeds: [row % PICTURES] }
        : { origin: null, seeds: undefined };
      t.deepEqual(shown[key as string], expected, `${row}`);
    }

    // What has gone since is no picture, and harms no other row.
    const lost = { webdataset: '00000.tar', files: '00000', parquet: undefined }[format];
    if (lost === undefined) return;
    if (format === 'files') await rm(join(run, 'images', lost), { recursive: true });
    else await truncate(join(run, 'images', lost), 100);
    const left = await shownPictures(await serve(t, run), PICTURES);
    for (const [row, { key, kept }] of tags.entries())
      t.is(left[key as string]!.seeds !== undefined, kept === true && row >= ROWS_PER_SHARD, `${row}`);
  });
}
