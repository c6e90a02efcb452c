import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sharedOf } from '../helpers/cases.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { type CliResult, LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { tarOf } from '../helpers/tar-archive.ts';
import { duck } from '../shards/fixtures.ts';

const FLAGS = ['--processes-count', '1', '--batch-size', '2', '--save-embeddings'];

async function score(inputs: string, out: string, ...flags: string[]): Promise<CliResult> {
  return runCli(['score', inputs, '--output-folder', out, ...flags]);
}

async function makePhotos(t: ExecutionContext, count: number): Promise<{ folder: string; photos: string }> {
  const folder = await makeFolder(t);
  const photos = join(folder, 'photos');
  await mkdir(photos);
  for (let i = 0; i < count; i++) await writeFile(join(photos, `${i}.jpg`), await makePicture(i));
  return { folder, photos };
}

/** Scores the images of a folder as they lie there and from a host, and compares what comes of both. */
async function sameByUrl(t: ExecutionContext, folder: string, photos: string): Promise<string> {
  const names = (await readdir(photos)).sort();
  const resources = await Promise.all(
    names.map(async (name) => [`/${name}`, await readFile(join(photos, name))] as const),
  );
  const host = await startImageHost(new Map(resources));
  t.teardown(() => host.stop());
  const list = join(folder, 'urls.txt');
  await writeFile(list, names.map((name) => `${host.origin}/${name}\n`).join(''));
  const [ours, theirs] = [join(folder, 'by-folder'), join(folder, 'by-url')];
  const results = [
    await score(photos, ours, ...FLAGS),
    await score(list, theirs, '--save-embeddings', ...LOOPBACK_FLAGS),
  ];
  for (const { exitCode, stderr } of results) t.is(exitCode, 0, stderr);
  const scores = async (out: string): Promise<unknown[]> =>
    (await readParquet(join(out, 'tags/00000.parquet'))).map(
      ({ key, status, aesthetic, original_width, original_height }) => [
        key,
        status,
        aesthetic,
        original_width,
        original_height,
      ],
    );
  const succeeded = (await readParquet(join(ours, 'tags/00000.parquet'))).filter(
    ({ status }) => status === 'success',
  );
  t.is(succeeded.length, names.length);
  t.deepEqual(await scores(ours), await scores(theirs));
  const bytes = (out: string, name: string): Promise<Buffer> => readFile(join(out, name));
  for (const name of ['img_emb/img_emb_00000.npy', 'partials/00000.arrow', 'buckets.parquet'])
    t.deepEqual(await bytes(ours, name), await bytes(theirs, name), name);
  return ours;
}

test('a folder scores as the same images do by URL, to the bit', async (t) => {
  const { folder, photos } = await makePhotos(t, 5);
  const ours = await sameByUrl(t, folder, photos);
  t.deepEqual(schemaProblems('run.schema.json', join(ours, 'run.json')), []);
  const stats = join(ours, 'stats/00000_stats.json');
  t.deepEqual(schemaProblems('shard-stats.schema.json', stats), []);
  t.false('hosts' in (JSON.parse(await readFile(stats, 'utf8')) as object), 'no host was asked');
  t.regex(await readFile(join(ours, 'report.html'), 'utf8'), /<bdi dir="ltr">0\.jpg<\/bdi>/);
  t.deepEqual(schemaProblems('thumbnails.schema.json', join(ours, 'thumbnails/00000.json')), []);
});

test('so do photographs, large and small, JPEG and PNG', async (t) => {
  const photos = sharedOf(t, 'photos');
  if (photos !== undefined) await sameByUrl(t, await makeFolder(t), photos);
});

test('a row whose file holds no image is scored by --retry-failed once it does, and the others keep their bytes', async (t) => {
  const { folder, photos } = await makePhotos(t, 3);
  const out = join(folder, 'out');
  const picture = await readFile(join(photos, '1.jpg'));
  await writeFile(join(photos, '1.jpg'), Buffer.alloc(picture.length));
  const first = await score(photos, out, ...FLAGS);
  t.is(first.exitCode, 0, first.stderr);
  const tags = (): Promise<Record<string, unknown>[]> => readParquet(join(out, 'tags/00000.parquet'));
  const before = await tags();
  t.deepEqual(
    before.map(({ reason }) => reason),
    [null, 'format_unsupported', null],
  );
  await writeFile(join(photos, '1.jpg'), picture);
  const retry = ['--retry-failed', '--retry-reasons', 'format_unsupported'];
  const again = await score(photos, out, ...FLAGS, ...retry);
  t.is(again.exitCode, 0, again.stderr);
  const after = await tags();
  t.is(after[1]!['status'], 'success');
  t.deepEqual([after[0], after[2]], [before[0], before[2]]);
});

test('a run goes on where it was cut off and has the same bytes; a folder that has changed is refused', async (t) => {
  const { folder, photos } = await makePhotos(t, 4);
  const [whole, cut] = [join(folder, 'whole'), join(photos, 'out')];
  const flags = [...FLAGS, '--number-sample-per-shard', '2'];
  t.is((await score(photos, whole, ...flags)).exitCode, 0);
  t.is((await score(photos, cut, ...flags)).exitCode, 0);
  await rm(join(cut, 'stats/00001_stats.json'));
  await rm(join(cut, 'tags/00001.parquet'));
  const again = await score(photos, cut, ...flags);
  t.is(again.exitCode, 0, again.stderr);
  t.deepEqual(await digestRun(cut), await digestRun(whole));
  await writeFile(join(photos, '4.jpg'), await makePicture(4));
  const changed = await score(photos, cut, ...flags);
  t.is(changed.exitCode, 2);
  t.regex(changed.stderr, /photos has other content/);
});

test('samples of tar archives score as the files that they hold, a damaged one beside them with its row', async (t) => {
  const { folder, photos } = await makePhotos(t, 3);
  const shards = join(folder, 'shards');
  await mkdir(shards);
  const pictures = await Promise.all([0, 1, 2].map((i) => readFile(join(photos, `${i}.jpg`))));
  const members = pictures.map((content, i) => ({ name: `${i}.jpg`, content }));
  await writeFile(join(shards, '0.tar'), tarOf(members.slice(0, 2)));
  const last = tarOf([
    { name: '1.txt', content: 'no image' },
    members[2]!,
    { name: '3.jpg', content: pictures[0]! },
  ]);
  await writeFile(join(shards, '1.tar'), last.subarray(0, last.length - 1024 - 512));
  const [byFolder, byTar] = [join(folder, 'by-folder'), join(folder, 'by-tar')];
  const refused = await score(shards, byTar, ...FLAGS);
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /1\.tar cannot be read: it ends in the middle of a member/);
  t.is((await score(photos, byFolder, ...FLAGS)).exitCode, 0);
  const result = await score(shards, byTar, ...FLAGS, '--skip-bad-files');
  t.is(result.exitCode, 0, result.stderr);
  const [first, second] = await Promise.all(
    ['00000', '00001'].map((shard) => readParquet(join(byTar, `tags/${shard}.parquet`))),
  );
  const rows = [...first!, ...second!];
  t.deepEqual(
    rows.map(({ path, reason }) => [path, reason]),
    [
      ['0.tar/0.jpg', null],
      ['0.tar/1.jpg', null],
      ['1.tar/1', 'image_missing'],
      ['1.tar/2.jpg', null],
      ['1.tar/3.jpg', 'member_cut'],
    ],
  );
  const scores = (await readParquet(join(byFolder, 'tags/00000.parquet'))).map(({ aesthetic }) => aesthetic);
  t.deepEqual(
    rows.flatMap(({ aesthetic, status }) => (status === 'success' ? aesthetic : [])),
    scores,
  );
});

test('a column of images scores as the files do, over shards, and a row without an image fails', async (t) => {
  const { folder, photos } = await makePhotos(t, 3);
  const table = join(folder, 'images.parquet');
  const images = [0, 1, 2].map(
    (i) => `SELECT ${i} AS n, content AS image FROM read_blob('${join(photos, `${i}.jpg`)}')`,
  );
  await duck(
    `COPY (SELECT n, {'bytes': image, 'path': n || '.jpg'} AS image FROM (${images.join(' UNION ALL ')} UNION ALL SELECT 3, NULL) ORDER BY n)
     TO '${table}' (FORMAT parquet)`,
  );
  const [byFolder, byColumn] = [join(folder, 'by-folder'), join(folder, 'by-column')];
  t.is((await score(photos, byFolder, ...FLAGS)).exitCode, 0);
  const result = await score(table, byColumn, ...FLAGS, '--number-sample-per-shard', '2');
  t.is(result.exitCode, 0, result.stderr);
  t.regex(result.stderr, /taken from the column "image"/);
  t.deepEqual(schemaProblems('run.schema.json', join(byColumn, 'run.json')), []);
  const shards = ['00000', '00001'].map((shard) => readParquet(join(byColumn, `tags/${shard}.parquet`)));
  const rows = (await Promise.all(shards)).flat();
  const expected = await readParquet(join(byFolder, 'tags/00000.parquet'));
  t.deepEqual(
    rows.map(({ hash, aesthetic, reason }) => [hash, aesthetic, reason]),
    [
      ...expected.map(({ hash, aesthetic }) => [hash, aesthetic, null]),
      [rows[3]!['hash'], null, 'image_missing'],
    ],
  );
});

test('a subset of images in files knows them by their paths', async (t) => {
  const { folder, photos } = await makePhotos(t, 3);
  const [out, subset] = [join(folder, 'out'), join(folder, 'subset')];
  t.is((await score(photos, out, ...FLAGS)).exitCode, 0);
  const made = await runCli(['subset', '--metadata', out, '--output-folder', subset, '--output-files', '1']);
  t.is(made.exitCode, 0, made.stderr);
  t.notRegex(made.stdout, /img2dataset/);
  const [file] = await readdir(join(subset), { recursive: true }).then((names) =>
    names.filter((name) => name.endsWith('.parquet')),
  );
  t.deepEqual(
    (await readParquet(join(subset, file!))).map(({ path }) => path),
    ['0.jpg', '1.jpg', '2.jpg'],
  );
});

test('what speaks of hosts is refused for images in files', async (t) => {
  const { folder, photos } = await makePhotos(t, 1);
  const { exitCode, stderr } = await score(photos, join(folder, 'out'), '--save-consent');
  t.is(exitCode, 2);
  t.regex(stderr, /--save-consent keeps what hosts say/);
});
