import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { writeRows } from '../../scripts/write-rows.ts';
import { startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { buildShard } from '../helpers/shard-builder.ts';

async function readTags(out: string): Promise<Record<string, unknown>[]> {
  const names = (await readdir(join(out, 'tags'))).sort();
  return (await Promise.all(names.map((name) => readParquet(join(out, 'tags', name))))).flat();
}

test('a folder of every format is one run: malformed lines, empty files and repeated URLs are all accounted for', async (t) => {
  const host = await startImageHost(new Map([['/a.jpg', await makePicture(1)]]));
  t.teardown(() => host.stop());
  const url = `${host.origin}/a.jpg`;
  const folder = await makeFolder(t);
  const inputs = join(folder, 'in');
  await mkdir(inputs);
  const path = (name: string): string => join(inputs, name);
  const types = { url: 'VARCHAR', caption: 'VARCHAR' } as const;
  await writeFile(path('a.csv'), `url,caption\n${url},"a ""q"", x"\nbad line\n`);
  await writeFile(path('b.tsv.gz'), gzipSync(`URL\tcaption\n${url}\tb\n`));
  await writeFile(path('c.jsonl'), `{"url":"${url}","caption":"c"}\n{broken\n`);
  await writeFile(path('d.txt.gz'), gzipSync(`${url}\n\n${url}`));
  await writeFile(path('e.jsonl'), '');
  await writeRows(path('f.parquet'), types, []);
  await writeRows(path('g.parquet'), types, [{ url: null, caption: null }]);
  await buildShard(path('h.parquet'), [{ url, caption: 'h', WIDTH: 10 }]);
  await buildShard(path('i.parquet'), [{ url, caption: 'i', WIDTH: 10.5 }]);
  const out = join(folder, 'out');
  const result = await runCli(['score', inputs, '--output-folder', out, '--json', ...LOOPBACK_FLAGS]);
  t.is(result.exitCode, 0, result.stderr);
  t.deepEqual(
    (await readTags(out)).map(({ url: found, caption, WIDTH, reason }) => [found, caption, WIDTH, reason]),
    [
      [url, 'a "q", x', null, null],
      [null, null, null, 'url_missing'],
      [url, 'b', null, null],
      [url, 'c', null, null],
      [null, null, null, 'url_missing'],
      [url, null, null, null],
      [url, null, null, null],
      [null, null, null, 'url_missing'],
      [url, 'h', 10, null],
      [url, 'i', 10.5, null],
    ],
  );
  t.regex(result.stderr, /1 lines? of .*a\.csv break/);
  t.is(result.stdout.trimEnd().split('\n').length, 1);
  t.like(JSON.parse(result.stdout) as object, { state: 'done', count: 10, successes: 7 });
});

test("without a head the input's scores are used: COYO's names, floats, NaN and nulls", async (t) => {
  const host = await startImageHost(new Map([['/a.jpg', await makePicture(1)]]));
  t.teardown(() => host.stop());
  const url = `${host.origin}/a.jpg`;
  const folder = await makeFolder(t);
  const shard = join(folder, 'coyo.parquet');
  const row = (
    score: number | null,
    unsafe: number | null,
    mark: number | null,
  ): Record<string, number | string | null> => ({
    url,
    text: 't',
    aesthetic_score_laion_v2: score,
    nsfw_score_opennsfw2: unsafe,
    watermark_score: mark,
  });
  const rows = [
    row(6.5, 0.1, 0.1),
    row(5, 0.1, 0.1),
    row(7, 0.9, 0.1),
    row(7, 0.1, 0.9),
    row(null, 0.1, 0.1),
    row(Number.NaN, 0.1, 0.1),
    row(7, null, 0.1),
  ];
  await buildShard(shard, rows, {
    aesthetic_score_laion_v2: 'FLOAT',
    nsfw_score_opennsfw2: 'DOUBLE',
    watermark_score: 'FLOAT',
  });
  const run = async (out: string, ...flags: string[]): Promise<unknown[]> => {
    const args = [
      'score',
      shard,
      '--output-folder',
      join(folder, out),
      '--aesthetic-head',
      'none',
      '--min-aesthetic',
      '6',
    ];
    const result = await runCli([...args, ...flags, ...LOOPBACK_FLAGS]);
    t.is(result.exitCode, 0, result.stderr);
    t.regex(result.stdout, /Scores of the input's column "aesthetic_score_laion_v2"/);
    return (await readTags(join(folder, out))).map((tags) => tags['dropped_by']);
  };
  const certain = [null, 'aesthetic', 'punsafe', 'pwatermark'];
  t.deepEqual(await run('drop'), [...certain, 'aesthetic_missing', 'aesthetic_missing', 'punsafe_missing']);
  t.deepEqual(await run('keep', '--missing-tags', 'keep'), [...certain, null, null, null]);
});

test('with neither head nor column a run embeds, keeps what was embedded and claims no scores', async (t) => {
  const host = await startImageHost(new Map([['/a.jpg', await makePicture(1)]]));
  t.teardown(() => host.stop());
  const folder = await makeFolder(t);
  const shard = join(folder, 'plain.parquet');
  await buildShard(shard, [{ url: `${host.origin}/a.jpg` }, { url: `${host.origin}/none.jpg` }]);
  const out = join(folder, 'out');
  const flags = ['--aesthetic-head', 'none', '--save-embeddings', ...LOOPBACK_FLAGS];
  const result = await runCli(['score', shard, '--output-folder', out, ...flags]);
  t.is(result.exitCode, 0, result.stderr);
  t.regex(result.stdout, /there are no aesthetic scores/);
  t.notRegex(result.stdout, /Scores by/);
  t.deepEqual(
    (await readTags(out)).map(({ aesthetic, kept }) => [aesthetic, kept]),
    [
      [null, true],
      [null, false],
    ],
  );
});
