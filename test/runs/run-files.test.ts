import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { refusePartOfOutput } from '../../src/base/output-kinds.ts';
import { isRunFile, listRunFiles, SHARD_FILE_KINDS, shardFileName } from '../../src/runs/run-files.ts';
import { makeFolder } from '../helpers/make-folder.ts';

const TOP = ['run.json', 'buckets.json', 'buckets.parquet', 'what-if.json', 'report.html'];
const MEANS = ['bucket_means/rating7.npy', 'bucket_means/rating_below.npy', 'bucket_means/raw_mean_7.npy'];
const SHARD = [...SHARD_FILE_KINDS, 'stats' as const].map((kind) => shardFileName(kind, 12));

async function fill(t: ExecutionContext, names: readonly string[]): Promise<string> {
  const folder = await makeFolder(t);
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), '{}');
  }
  return folder;
}

test("a shard's files have the names that docs/formats.md gives them, in the order of the stats", (t) => {
  t.deepEqual(SHARD, [
    'tags/00012.parquet',
    'partials/00012.arrow',
    'img_emb/img_emb_00012.npy',
    'metadata/metadata_00012.parquet',
    'thumbnails/00012.json',
    'consent/00012.parquet',
    'images/00012.parquet',
    'images/00012.tar',
    'images/00012',
    'images/00012_stats.json',
    'stats/00012_stats.json',
  ]);
  t.is(shardFileName('tags', 123456), 'tags/123456.parquet');
});

test('what a run writes is no input of it', (t) => {
  for (const name of [...TOP, ...MEANS, ...SHARD, '.staging/x.parquet', '.lock', 'tags/123456.parquet'])
    t.true(isRunFile('/out', `/out/${name}`), name);
});

test('other files in the folder may be inputs', (t) => {
  const others = [
    'a.parquet',
    'tags/x.parquet',
    'tags/0001.parquet',
    'tags/00001.json',
    'metadata/00001.parquet',
  ];
  others.push('deep/tags/00001.parquet', 'img_emb/img_emb_1.npy', 'bucket_means/mean.npy', 'buckets.csv');
  for (const name of others) t.false(isRunFile('/out', `/out/${name}`), name);
  t.false(isRunFile('/out', '/other/run.json'));
  t.false(isRunFile('/out', '/outer/run.json'));
});

test('a run consists of its own files, and of those in shared folders that its stats name', async (t) => {
  const folder = await fill(t, [
    ...TOP,
    ...MEANS,
    ...SHARD,
    'notes.txt',
    'tags/x.parquet',
    'metadata/metadata_00099.parquet',
  ]);
  const unnamed = SHARD.filter((name) => !/^(img_emb|metadata|images)/.test(name));
  t.deepEqual((await listRunFiles(folder)).sort(), [...TOP, ...MEANS, ...unnamed].sort());
  const files = {
    'img_emb/img_emb_00012.npy': {},
    'tags/00012.parquet': {},
    '../x.npy': {},
    'img_emb/x.npy': {},
  };
  await writeFile(join(folder, 'stats/00012_stats.json'), JSON.stringify({ files }));
  t.deepEqual(
    (await listRunFiles(folder)).sort(),
    [...TOP, ...MEANS, ...unnamed, 'img_emb/img_emb_00012.npy'].sort(),
  );
});

test('of a folder of saved images a run consists of the files in it', async (t) => {
  const leaves = ['images/00000/000001.jpg', 'images/00000/000001.json'];
  const folder = await fill(t, ['stats/00000_stats.json', 'images/00000.parquet', ...leaves]);
  const files = { 'images/00000.parquet': {}, 'images/00000': {}, 'images/00001': {} };
  await writeFile(join(folder, 'stats/00000_stats.json'), JSON.stringify({ files }));
  t.deepEqual(
    (await listRunFiles(folder)).sort(),
    ['images/00000.parquet', ...leaves, 'stats/00000_stats.json'].sort(),
  );
});

test('stats that are cut short name nothing, and a folder that is missing holds nothing', async (t) => {
  const folder = await fill(t, ['stats/00000_stats.json', 'img_emb/img_emb_00000.npy']);
  await writeFile(join(folder, 'stats/00000_stats.json'), '{"files": {"img_emb/img_emb_');
  t.deepEqual(await listRunFiles(folder), ['stats/00000_stats.json']);
  t.deepEqual(await listRunFiles(join(folder, 'nowhere')), []);
});

test('no other command writes a file that a run consists of', async (t) => {
  const folder = await fill(t, [...TOP, ...MEANS, ...SHARD]);
  for (const name of [...TOP, ...MEANS, ...SHARD])
    t.throws(() => refusePartOfOutput(join(folder, name)), { code: 'BB_OUTPUT_EXISTS' }, name);
  t.notThrows(() => refusePartOfOutput(join(folder, 'mine.parquet')));
});
