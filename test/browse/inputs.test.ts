import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { PageState, PageWindow } from '../../src/browse/page-data.ts';
import { picturesOfSamples } from '../../src/browse/sample-pictures.ts';
import { createDownloader } from '../../src/download/downloader.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { runCli } from '../helpers/run-cli.ts';
import { tarOf } from '../helpers/tar-archive.ts';
import { duck } from '../shards/fixtures.ts';
import { type ShownPicture, shownPictures } from './shown-pictures.ts';
import { serve } from './world.ts';

const PICTURES = 6;
const SHARDS = ['--number-sample-per-shard', '4', '--processes-count', '1', '--batch-size', '2'];

async function command(t: ExecutionContext, ...args: string[]): Promise<void> {
  const { exitCode, stderr } = await runCli(args);
  t.is(exitCode, 0, stderr);
}

/** Rows of two shards, a picture each. */
function allShown(origin: string): Readonly<Record<string, ShownPicture>> {
  const keys = ['000000', '000001', '000002', '000003', '000010', '000011'];
  return Object.fromEntries(keys.map((key, seed) => [key, { origin, seeds: [seed] }]));
}

test('a run over an archive shows its members, and a subset of that run the same pictures beside its own rows', async (t) => {
  const folder = await makeFolder(t);
  const archive = join(folder, 'photos.tar');
  const members = await Promise.all(
    Array.from({ length: PICTURES }, async (_, i) => ({
      name: `photo-${i}.jpg`,
      content: await makePicture(i),
    })),
  );
  await writeFile(archive, tarOf(members));
  const [run, best] = [join(folder, 'run'), join(folder, 'best')];
  await command(t, 'score', archive, '--output-folder', run, ...SHARDS);
  const ofRun = await shownPictures(await serve(t, run), PICTURES);
  t.is(Object.keys(ofRun).length, PICTURES);
  t.deepEqual(
    Object.values(ofRun),
    Array.from({ length: PICTURES }, (_, seed) => ({ origin: 'input', seeds: [seed] })),
  );

  const ids = [{ key: '000010' }, { hash: '1' }, { key: 'none' }, {}];
  const [first, ...others] = await picturesOfSamples(run, ids, new AbortController().signal);
  t.is(Buffer.from(first!.webp).toString('latin1', 8, 12), 'WEBP', 'samples are found by their keys');
  t.deepEqual(others, [undefined, undefined, undefined]);

  const tags = join(run, 'tags', '*.parquet');
  const chosen = ['--min-aesthetic', '0', '--url-col', 'path'];
  await command(t, 'subset', '--metadata', tags, '--output-folder', best, ...chosen);
  const world = await serve(t, best, { downloader: () => createDownloader({ threadCount: 1 }) });
  const ofBest = await shownPictures(world, PICTURES);
  t.true(Object.keys(ofBest).length > 0);
  for (const [key, picture] of Object.entries(ofBest)) t.deepEqual(picture, ofRun[key], key);

  // The names of files stand where a subset has URLs: no host can be asked for them.
  const state = await world.json<PageState>('/state');
  t.is(state.kind, 'subset');
  t.false(state.canRefetch);
  t.deepEqual(state.notes, ['There is nothing to fetch pictures from: the rows have no URL.']);
  const { rows } = await world.json<PageWindow>('/rows?count=10');
  t.true(rows.every(({ url, isWeb }) => /photo-\d\.jpg$/.test(url!) && !isWeb));

  // Without the archive the small pictures of the report are left.
  await rm(archive);
  const left = Object.values(await shownPictures(await serve(t, best), PICTURES));
  t.true(left.length > 0 && left.every(({ origin, seeds }) => origin === 'thumbnail' && seeds !== undefined));
});

test('a run over a column of images shows them, by the numbers of their rows', async (t) => {
  const folder = await makeFolder(t);
  const photos = join(folder, 'photos');
  await mkdir(photos);
  for (let i = 0; i < PICTURES; i++) await writeFile(join(photos, `${i}.jpg`), await makePicture(i));
  const table = join(folder, 'images.parquet');
  await duck(
    `COPY (SELECT content AS image, 'picture ' || parse_filename(filename) AS caption FROM read_blob('${photos}/*.jpg') ORDER BY filename)
     TO '${table}' (FORMAT parquet)`,
  );
  await rm(photos, { recursive: true });
  const run = join(folder, 'run');
  await command(t, 'score', table, '--output-folder', run, ...SHARDS);
  const world = await serve(t, run);
  t.deepEqual(await shownPictures(world, PICTURES), allShown('input'));
  const { rows } = await world.json<PageWindow>('/rows?sort=input&count=10');
  t.deepEqual(
    rows.map(({ caption }) => caption),
    Array.from({ length: PICTURES }, (_, i) => `picture ${i}.jpg`),
  );
});
