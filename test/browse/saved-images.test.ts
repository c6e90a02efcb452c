import { copyFile, cp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { EarlierImages } from '../../src/saved/earlier-images.ts';
import { SavedShard } from '../../src/saved/saved-shard.ts';
import { OUTPUT_FORMATS, type OutputFormat, type SavedSettings } from '../../src/saved/settings.ts';
import { SavedTables } from '../../src/tables/pictures/saved-tables.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { sharedWorld } from '../helpers/scored-world.ts';
import { shownPictures } from './shown-pictures.ts';
import { serve } from './world.ts';

const ROWS = 12;
const ROWS_PER_SHARD = 8;
const SHARDS = [0, 1];
/** Those that the host of the tests has. */
const PICTURES = 12;

const theWorld = sharedWorld({ rowCount: ROWS });
let scored: Promise<string> | undefined;

/** A run that saved what it kept as a webdataset; its host is gone. */
async function scoreOnce(t: ExecutionContext): Promise<string> {
  const world = await theWorld();
  const run = world.path('run');
  const flags = ['--save-images', 'kept', '--number-sample-per-shard', String(ROWS_PER_SHARD)];
  const { exitCode, stderr } = await runCli([
    ...['score', world.shard, '--output-folder', run, ...flags, ...LOOPBACK_FLAGS],
  ]);
  t.is(exitCode, 0, stderr);
  await world.host.stop();
  await rm(join(run, 'thumbnails'), { recursive: true });
  return run;
}

/** The same run as if it had saved its images in another format: written by what writes them in a run. */
async function runIn(t: ExecutionContext, outputFormat: OutputFormat): Promise<string> {
  scored ??= scoreOnce(t);
  const run = (await theWorld()).path(outputFormat);
  await cp(await scored, run, { recursive: true });
  if (outputFormat === 'webdataset') return run;
  const record = JSON.parse(await readFile(join(run, 'run.json'), 'utf8')) as { settings: object };
  const settings = { ...record.settings, output_format: outputFormat };
  await writeFile(join(run, 'run.json'), JSON.stringify({ ...record, settings }));
  const tables = await SavedTables.open(run);
  for (const id of SHARDS) await writeAgain(join(run, 'images', `0000${id}`), outputFormat, tables);
  tables.close();
  return run;
}

async function writeAgain(shard: string, outputFormat: OutputFormat, tables: SavedTables): Promise<void> {
  const settings: SavedSettings = { rows: 'kept', outputFormat, imageColumn: 'jpg' };
  const [table, archive] = [`${shard}.parquet`, `${shard}.tar`];
  const place = { settings: { ...settings, outputFormat: 'webdataset' as const }, table, images: archive };
  const earlier = await EarlierImages.open(place, tables, shard);
  const images = earlier.inOrder([...earlier.keys]);
  const made = new SavedShard({ settings, tables, images, writeRows: (path) => copyFile(table, path) });
  await made.writeTable(`${table}.new`);
  if (outputFormat === 'files') await made.writeFolder(shard);
  await earlier.close();
  await rename(`${table}.new`, table);
  await rm(archive);
}

for (const format of OUTPUT_FORMATS) {
  test.serial(
    `images that a run saved as ${format} are shown, each beside its row, once their host is gone`,
    async (t) => {
      const run = await runIn(t, format);
      const shown = await shownPictures(await serve(t, run), PICTURES);
      const tags = (
        await Promise.all(SHARDS.map((id) => readParquet(join(run, `tags/0000${id}.parquet`))))
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
    },
  );
}
