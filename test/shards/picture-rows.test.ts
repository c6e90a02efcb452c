import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { writeRows } from '../../scripts/write-rows.ts';
import { hashTexts } from '../../src/samples/hash.ts';
import type { RunPlan } from '../../src/shards/plan.ts';
import type { StagedShard } from '../../src/shards/staged-shard.ts';
import { openDatabase, PROVENANCE, plan, readRows, resultsOf, temporaryFolder } from './fixtures.ts';

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, 'photos', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return join(folder, 'photos');
}

/** Opens the only shard of a folder of images. */
async function open(
  t: ExecutionContext,
  folder: string,
  photos: string,
): Promise<{
  readonly runPlan: RunPlan;
  readonly shard: StagedShard;
  readonly tags: Record<string, unknown>[];
}> {
  const runPlan = await plan(folder, photos);
  const database = await openDatabase(t, folder);
  for await (const shard of database.readShards(runPlan, new Set([0]))) {
    const path = join(folder, 'tags.parquet');
    await shard.writeTags(path, resultsOf(shard.spec.rowCount), PROVENANCE);
    return { runPlan, shard, tags: await readRows(path) };
  }
  throw new Error('there is no shard');
}

const hashOf = (text: string): bigint => hashTexts([Buffer.from(text)])[0]!;

test('the hash is of URL and caption where the JSON has a URL, else of path and caption', async (t) => {
  const folder = await temporaryFolder(t);
  const photos = await write(folder, {
    'a.jpg': 'x',
    'b/b.jpg': 'xy',
    'b/b.txt': 'a bird',
    'c.jpg': 'xyz',
    'c.json': '{"url":"http://h/c.jpg","caption":"c"}',
    'd.jpg': 'x',
    'd.json': '{"url":"http://h/d.jpg","hash":9223372036854775807}',
  });
  const { runPlan, shard, tags } = await open(t, folder, photos);
  t.deepEqual(
    [...shard.hashes],
    [hashOf('a.jpg'), hashOf('b/b.jpga bird'), hashOf('http://h/c.jpgc'), 9223372036854775807n],
  );
  t.deepEqual(runPlan.parts.find(({ part }) => part === 'hash')?.computed_from, ['url', 'path', 'caption']);
  t.deepEqual(
    tags.map(({ path, url, caption }) => [path, url, caption]),
    [
      ['a.jpg', null, null],
      ['b/b.jpg', null, 'a bird'],
      ['c.jpg', 'http://h/c.jpg', 'c'],
      ['d.jpg', 'http://h/d.jpg', null],
    ],
  );
  t.false(Object.keys(tags[0]!).some((name) => name.startsWith('bowerbird')));
  t.deepEqual(shard.pictures?.at(2), { file: join(photos, 'c.jpg'), bytes: 3 });
  t.true(
    shard.urls.every((url) => url === null),
    'nothing is to be downloaded',
  );
});

test("the hub's files of columns describe images from their own folder down, and rows without an image stay", async (t) => {
  const folder = await temporaryFolder(t);
  const photos = await write(folder, {
    'train/cats/1.jpg': 'x',
    'train/cats/1.txt': 'beside',
    'train/2.jpg': 'x',
    'train/2.txt': 'beside',
    'other.jpg': 'x',
    'train/metadata.csv':
      'file_name,text,n\ncats/1.jpg,one,7\n./2.jpg,,8\n../../../etc/passwd.jpg,out,9\ncats/1.jpg,again,10\n',
    'metadata.jsonl': '{"file_name":"other.jpg","text":"three","n":11,"tags":["a"]}\n',
    'deep/metadata.csv': 'a,b\n1,2\n',
  });
  const { runPlan, shard, tags } = await open(t, folder, photos);
  t.deepEqual(
    tags.map(({ path, caption, text, n, tags: list }) => [path, caption, text, Number(n), list]),
    [
      ['other.jpg', null, 'three', 11, '["a"]'],
      ['train/../../../etc/passwd.jpg', null, 'out', 9, null],
      ['train/2.jpg', 'beside', null, 8, null],
      ['train/cats/1.jpg', 'beside', 'one', 7, null],
    ],
  );
  t.deepEqual(
    [...shard.unread],
    [[1, { kind: 'failed', reason: 'image_missing', message: 'There is no image' }]],
  );
  t.regex(runPlan.inputs[0]!.notes!.join('\n'), /deep\/metadata\.csv has no column "file_name"/);
});

test('a Parquet file of columns keeps lists as JSON and leaves bytes out', async (t) => {
  const folder = await temporaryFolder(t);
  const photos = await write(folder, { 'a.jpg': 'x' });
  await writeRows(join(photos, 'metadata.parquet'), { file_name: 'VARCHAR', punsafe: 'DOUBLE' }, [
    { file_name: 'a.jpg', punsafe: 0.25 },
  ]);
  const { shard, tags } = await open(t, folder, photos);
  t.deepEqual(tags.map(({ punsafe }) => punsafe).length, 1);
  t.deepEqual([...shard.tags.punsafe!], [0.25]);
});

test('the same folder is the same input, and another name, size, text or column is another', async (t) => {
  const folder = await temporaryFolder(t);
  const photos = await write(folder, {
    'a.jpg': 'x',
    'a.txt': 'one',
    'metadata.csv': 'file_name,n\na.jpg,1\n',
  });
  const print = async (): Promise<string> => (await plan(folder, photos)).inputs[0]!.fingerprint;
  const first = await print();
  t.is(await print(), first);
  const seen = new Set([first]);
  for (const [name, content] of [
    ['a.jpg', 'xx'],
    ['a.txt', 'two'],
    ['b.jpg', 'x'],
    ['metadata.csv', 'file_name,n\na.jpg,2\n'],
  ] as const) {
    await writeFile(join(photos, name), content);
    seen.add(await print());
  }
  t.is(seen.size, 5);
});
