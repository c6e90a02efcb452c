import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { exportShards } from '../../src/posts/export-shards.ts';
import { pictureName, postHashes } from '../../src/posts/hash.ts';
import { openPosts } from '../../src/posts/table.ts';
import { HashRowReader } from '../../src/tables/hash-rows.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { makePostsWorld } from './posts-world.ts';

test("a picture's name is its user and its id, and leads nowhere", (t) => {
  const named = (user: string, postId: string, imagePath: string): string =>
    pictureName({ user, postId, imagePath });
  t.is(named('ada', 'CmiX-_1', '/a/2024_UTC_1.JPG'), 'ada/CmiX-_1.jpg');
  t.is(named('..', '../../etc/passwd', '/a/b.webp'), '%2E./%2E.%2F..%2Fetc%2Fpasswd.webp');
  t.is(named('é 雪', '.hidden', '/a/no-ending'), '%C3%A9%20%E9%9B%AA/%2Ehidden');
  t.is(named('a/b', 'c\\d', '/a/x.jp"g'), 'a%2Fb/c%5Cd');
});

test('the hash is murmur3 of name or URL and caption', (t) => {
  const post = { postId: 'p', user: 'u', imagePath: null, url: 'https://x.y/é.jpg', caption: 'naïve 😀' };
  // docs/formats.md has this vector, which mmh3 gives.
  t.deepEqual([...postHashes([post])], [-2400417957643402264n]);
  const [named] = postHashes([{ ...post, imagePath: '/a/b.jpg', caption: null }]);
  t.is(named, postHashes([{ ...post, url: 'u/p.jpg', caption: '' }])[0]!);
});

test('shards hold each post once, and the rules of score give their rows the hashes that the table has', async (t) => {
  const world = await makePostsWorld(t);
  const lines: string[] = [];
  for (let i = 0; i < 12; i++) {
    const caption = i % 3 === 0 ? undefined : `Caption é ${i}`;
    const isFile = i % 2 === 0;
    if (isFile) await world.write(`pictures/${i}.png`, `picture ${i}`);
    const place = isFile
      ? { path: `pictures/${i}.png`, url: `https://other.z/${i}.png` }
      : { url: `https://x.y/${i}.jpg?a=1` };
    lines.push(JSON.stringify({ id: `p ${i}`, user: `u/${i % 2}`, likes: i, caption, ...place }));
  }
  const file = await world.write('posts.jsonl', lines.join('\n'));
  await world.add([file]);
  await rm(world.path('pictures/4.png'));
  const posts = await openPosts(world.to);
  const output = world.path('shards');
  const counts = await exportShards(posts, { output, overwrite: false });
  t.deepEqual(counts, { output, pictures: 6, urls: 6, without: 1 });
  const expected = new Map(
    (await world.query('SELECT post_id, hash FROM posts')).map(({ post_id, hash }) => [post_id, hash]),
  );
  for (const kind of ['pictures', 'urls']) {
    const path = join(output, kind, '00000.parquet');
    const rows = await readParquet(path);
    t.deepEqual(
      rows.map(({ hash }) => hash),
      rows.map(({ post_id }) => expected.get(post_id as string)),
    );
    const reader = await HashRowReader.open(
      path,
      { hashColumn: 'none' },
      { memoryLimitMb: 128, temporaryFolder: await makeFolder(t) },
    );
    const computed: bigint[] = [];
    for await (const { hashes } of reader.rows()) computed.push(...hashes);
    reader.close();
    t.deepEqual(computed, rows.map(({ hash }) => hash) as bigint[], kind);
  }
  const pictures = await readParquet(join(output, 'pictures', '00000.parquet'));
  t.deepEqual(
    pictures.map(({ image, path }) => {
      const { bytes, path: inner } = image as { bytes: Uint8Array | null; path: string };
      return [bytes && Buffer.from(bytes).toString(), inner === path];
    }),
    [0, 2, 4, 6, 8, 10].map((i) => [i === 4 ? null : `picture ${i}`, true]),
  );
  const urls = await readParquet(join(output, 'urls', '00000.parquet'));
  t.like(urls[1], { URL: 'https://x.y/3.jpg?a=1', TEXT: null, post_id: 'p 3', user: 'u/1', likes: 3n });
});

test('shards are replaced when it is asked for, and nothing else is', async (t) => {
  const world = await makePostsWorld(t);
  await world.add([await world.write('a.csv', 'id,user,url\na,ada,https://x.y/a.jpg')]);
  const posts = await openPosts(world.to);
  const output = world.path('shards');
  await exportShards(posts, { output, overwrite: false });
  await t.throwsAsync(exportShards(posts, { output, overwrite: false }), {
    code: 'BB_OUTPUT_EXISTS',
    message: /overwrite/,
  });
  await writeFile(join(output, 'urls', '00001.parquet'), 'of an earlier, longer table');
  await exportShards(posts, { output, overwrite: true });
  t.deepEqual((await readdir(output, { recursive: true })).sort(), [
    'shards.json',
    'urls',
    'urls/00000.parquet',
  ]);
  await t.throwsAsync(exportShards(posts, { output: world.to, overwrite: true }), {
    code: 'BB_OUTPUT_EXISTS',
  });
  const stopped = AbortSignal.abort(new Error('stopped'));
  await t.throwsAsync(
    exportShards(posts, { output: world.path('none'), overwrite: false, signal: stopped }),
    { message: 'stopped' },
  );
  t.false((await readdir(world.folder)).includes('none'));
});
