import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { runCli } from '../helpers/run-cli.ts';
import { longNameBlocks, memberBlocks, tarOf } from '../helpers/tar-archive.ts';

const FLAGS = ['--processes-count', '1', '--batch-size', '2', '--number-sample-per-shard', '3'];

test('archives get sidecars by the keys that webdataset knows their samples by, and beside them these are no inputs of the next run', async (t) => {
  const folder = await makeFolder(t);
  const shards = join(folder, 'é-shards');
  await mkdir(shards);
  const content = await makePicture(1);
  const long = `${'deep/'.repeat(30)}x.y.jpg`;
  const members = [
    { name: 'a.jpg', content },
    { name: 'dir.d/b.seg.jpg', content },
    { name: 'c.txt', content: 'no image' },
    { name: 'd.jpg', content },
  ];
  await writeFile(
    join(shards, 'ü 0.tar'),
    tarOf([...members, longNameBlocks(long), memberBlocks({ name: 'x', content })]),
  );
  await writeFile(join(shards, '1.tar'), tarOf(members.slice(0, 1)));
  const out = join(folder, 'out');
  const score = ['score', shards, '--output-folder', out, ...FLAGS];
  const scored = await runCli(score);
  t.is(scored.exitCode, 0, scored.stderr);
  const made = await runCli(['sidecars', out, '--beside', '--json']);
  t.is(made.exitCode, 0, made.stderr);
  t.deepEqual(JSON.parse(made.stdout).sidecars, [
    join(shards, '1.scores.parquet'),
    join(shards, 'ü 0.scores.parquet'),
  ]);
  const rows = await readParquet(join(shards, 'ü 0.scores.parquet'));
  t.deepEqual(
    rows.map((row) => [row['row'], row['__key__'], row['reason']]),
    [
      [0n, 'a', null],
      [1n, 'dir.d/b', null],
      [2n, 'c', 'image_missing'],
      [3n, 'd', null],
      [4n, `${'deep/'.repeat(30)}x`, null],
    ],
  );
  t.is(rows[0]!['aesthetic'], rows[3]!['aesthetic']);

  const again = await runCli(score);
  t.is(again.exitCode, 0, again.stderr);
  t.is((await runCli(['sidecars', out])).exitCode, 0);
  t.deepEqual((await readdir(join(out, 'sidecars'))).sort(), ['1.scores.parquet', 'ü 0.scores.parquet']);
  const both = await runCli(['sidecars', out, '--beside', '--output-folder', 'x']);
  t.is(both.exitCode, 2);
  t.regex(both.stderr, /two different places/);
});
