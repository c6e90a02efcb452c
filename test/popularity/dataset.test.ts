import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { decodeNpy, readNpyHeader } from '../../src/base/npy.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { readAnswers } from '../../src/feedback/answers.ts';
import { makeDataset } from '../../src/popularity/make.ts';
import type { DatasetOptions } from '../../src/popularity/options.ts';
import type { DatasetRecord } from '../../src/popularity/record.ts';
import { SPLITS, type Split } from '../../src/popularity/split.ts';
import { writeRun } from '../browse/world.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { type GivenPost, writePostsTable } from '../helpers/posts-table.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { schemaProblems } from '../helpers/schemas.ts';

const SIZE_PX = 10;
const USERS = ['ada', 'bob', 'cleo', 'dan'];
const FOLLOWERS = [1000, 200, 50_000, null];

/** The colour of a post's picture in its middle. */
function colourOf(number: number): [red: number, green: number, blue: number] {
  return [(number * 53) % 256, (number * 101) % 256, (number * 211) % 256];
}

/** A wide picture whose middle square alone has the colour. */
async function paint(number: number, heightPx: number): Promise<Buffer> {
  const [r, g, b] = colourOf(number);
  const side = { width: heightPx, height: heightPx, channels: 3 as const };
  const middle = await sharp({ create: { ...side, background: { r, g, b } } })
    .png()
    .toBuffer();
  return sharp({ create: { ...side, width: 3 * heightPx, background: { r: 255, g: 0, b: 255 } } })
    .composite([{ input: middle, left: heightPx, top: 0 }])
    .png()
    .toBuffer();
}

/** Painted once for all worlds, which have the same pictures. */
const painted = new Map<string, Promise<Buffer>>();

async function writePicture(path: string, number: number, heightPx = 20): Promise<void> {
  const name = `${number}, ${heightPx}`;
  const picture = painted.get(name) ?? paint(number, heightPx);
  painted.set(name, picture);
  await writeFile(path, await picture);
}

interface World {
  readonly folder: string;
  readonly posts: string;
  readonly given: readonly GivenPost[];
}

/** A table of 48 posts of four users with pictures, and what a test changes of them. */
async function makeWorld(
  t: ExecutionContext,
  change: (post: GivenPost, number: number) => Partial<GivenPost> = () => ({}),
): Promise<World> {
  const folder = await makeFolder(t);
  const posts = join(folder, 'posts');
  const given: GivenPost[] = [];
  for (let number = 0; number < 48; number++) {
    const imagePath = join(folder, `${number}.png`);
    await writePicture(imagePath, number);
    const post = {
      ...{ postId: `p${String(number).padStart(3, '0')}`, user: USERS[number % 4]!, imagePath },
      likes: 10 * (1 + (number % 4)) + ((number * 7919) % 97),
    };
    given.push({ ...post, ...change(post, number) });
  }
  await writePostsTable(
    posts,
    given,
    USERS.map((user, i) => ({ user, followers: FOLLOWERS[i]! })),
  );
  return { folder, posts, given };
}

interface Made {
  readonly folder: string;
  readonly record: DatasetRecord;
  readonly rows: Record<string, unknown>[];
}

async function make({ folder, posts }: World, options: Partial<DatasetOptions> = {}): Promise<Made> {
  const all: DatasetOptions = {
    ...{ posts, outputFolder: join(folder, 'dataset'), overwrite: true, standardise: 'max', splitBy: 'post' },
    ...{ images: { sizePx: SIZE_PX, minSidePx: 0, picturesFrom: [] }, takesRepeated: false, seed: 0 },
    ...{ question: 'popularity', processes: 1 },
    ...options,
  };
  const record = await makeDataset(all, { note: () => {}, advance: () => {} });
  return {
    folder: all.outputFolder,
    record,
    rows: await readParquet(join(all.outputFolder, 'dataset.parquet')),
  };
}

async function idsOf(folder: string, split: Split): Promise<string[]> {
  return (await readFile(join(folder, `${split}-ids.txt`), 'utf8')).split('\n').slice(0, -1);
}

/** The pixel in the middle of an image of a tensor. */
function middleOf(file: Buffer, i: number): number[] {
  const at = readNpyHeader(file).dataOffset + ((i * SIZE_PX + SIZE_PX / 2) * SIZE_PX + SIZE_PX / 2) * 3;
  return [...file.subarray(at, at + 3)];
}

async function digestsOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  const all = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name))] as const),
  );
  return Object.fromEntries(
    all.map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]),
  );
}

test('images, labels, ids and rows of a split are in one order, and images are RGB', async (t) => {
  const world = await makeWorld(t);
  const { folder, record, rows } = await make(world);
  t.deepEqual(schemaProblems('dataset.schema.json', join(folder, 'dataset.json')), []);
  t.deepEqual(
    SPLITS.map((split) => record.splits[split].count),
    [38, 5, 5],
  );
  const byId = new Map(world.given.map((post, number) => [post.postId, { ...post, number }]));
  for (const split of SPLITS) {
    const ids = await idsOf(folder, split);
    const file = await readFile(join(folder, `${split}-images.npy`));
    const { descr, shape, dataOffset } = readNpyHeader(file);
    t.deepEqual([descr, shape, dataOffset % 64], ['|u1', [ids.length, SIZE_PX, SIZE_PX, 3], 0]);
    t.is(file.length, dataOffset + ids.length * SIZE_PX * SIZE_PX * 3);
    const labels = decodeNpy(await readFile(join(folder, `${split}-labels.npy`)));
    t.deepEqual([labels.dtype, labels.shape], ['float32', [ids.length]]);
    const own = rows.filter((row) => row['split'] === split);
    t.deepEqual(
      own.map((row) => row['post_id']),
      ids,
    );
    for (const [i, id] of ids.entries()) {
      const { user, likes, number } = byId.get(id)!;
      t.deepEqual(middleOf(file, i), colourOf(number), id);
      const best = Math.max(...world.given.filter((post) => post.user === user).map((post) => post.likes!));
      t.is(labels.data[i], Math.fround(likes! / best));
      t.is(own[i]!['label'], likes! / best);
      t.is(own[i]!['hash'], BigInt(1000 + number));
    }
  }
});

test('labels divided by the best lie from 0 to 1, and the best post of each user has exactly 1', async (t) => {
  const { rows } = await make(await makeWorld(t));
  for (const user of USERS) {
    const own = rows.filter((row) => row['user'] === user).map((row) => row['label'] as number);
    t.is(own.length, 12);
    t.is(Math.max(...own), 1);
    t.true(own.every((label) => label >= 0 && label <= 1));
  }
});

test('the same table, flags and seed give the same bytes, whatever the number of processes; another seed does not', async (t) => {
  const world = await makeWorld(t);
  const first = await make(world, { transform: 'log1p', outputFolder: join(world.folder, 'first') });
  const again = await make(world, {
    transform: 'log1p',
    outputFolder: join(world.folder, 'again'),
    processes: 2,
  });
  const other = await make(world, { transform: 'log1p', outputFolder: join(world.folder, 'other'), seed: 1 });
  const digests = await digestsOf(first.folder);
  t.is(Object.keys(digests).length, 14);
  t.deepEqual(await digestsOf(again.folder), digests);
  t.not((await digestsOf(other.folder))['test-ids.txt'], digests['test-ids.txt']);
  for (const split of SPLITS)
    for (const [name, sha256] of Object.entries(first.record.splits[split].sha256))
      t.is(digests[name], sha256);
});

test('labels of a split are a feedback file that train reads, with the user as the rater', async (t) => {
  const world = await makeWorld(t);
  const { folder, rows } = await make(world, { standardise: 'followers' });
  let answers = 0;
  for (const split of SPLITS) {
    const set = await readAnswers([join(folder, `${split}-labels.jsonl`)], { questions: ['popularity'] });
    const byKey = new Map(rows.map((row) => [row['post_id'], row]));
    for (const answer of set.answers) {
      if (answer.mode !== 'likes') return t.fail();
      const row = byKey.get(answer.sample.key)!;
      t.deepEqual(
        [row['split'], row['label'], row['user'], String(row['hash'])],
        [split, answer.answer, answer.rater, answer.sample.hash],
      );
      answers++;
    }
  }
  t.is(answers, 36);
  return undefined;
});

test('each post is taken, or left out under one reason: the books sum up', async (t) => {
  const world = await makeWorld(t, (post, number) => {
    if (number === 0) return { likes: null };
    if (number === 1) return { imagePath: null, url: 'http://example.com/1.png' };
    if (number === 2) return { likes: 3 };
    if (number === 3) return { likes: 100_000 };
    if (number === 4) return { imagePath: join(post.imagePath!, '..', 'gone.png') };
    if (number === 5) return { imagePath: join(post.imagePath!, '..', 'notes.txt') };
    if (number === 6) return { imagePath: join(post.imagePath!, '..', 'small.png') };
    if (number === 7) return { imagePath: join(post.imagePath!, '..', '11.png') };
    if (number === 8) return { hash: 1012n };
    if (number === 9) return { imagePath: join(post.imagePath!, '..', 'empty.png') };
    return {};
  });
  await writeFile(join(world.folder, 'notes.txt'), 'no picture at all');
  await writeFile(join(world.folder, 'empty.png'), '');
  await writePicture(join(world.folder, 'small.png'), 6, 8);
  const { record, rows } = await make(world, {
    ...{ likesFrom: 5, likesTo: 1000, images: { sizePx: SIZE_PX, minSidePx: 10, picturesFrom: [] } },
  });
  t.deepEqual(record.books, {
    posts: 48,
    taken: 38,
    left_out: {
      likes_hidden: 1,
      likes_below: 1,
      likes_above: 1,
      no_image: 1,
      hash_repeated: 1,
      file_empty: 1,
      format_unsupported: 1,
      image_missing: 1,
      image_too_small: 1,
      image_repeated: 1,
    },
  });
  t.is(
    record.books.taken + Object.values(record.books.left_out).reduce((sum, count) => sum + count, 0),
    record.books.posts,
  );
  // Of two posts with the same bytes, and of two with the same hash, the earlier one stays.
  const ids = rows.map((row) => row['post_id']);
  t.true(ids.includes('p007') && !ids.includes('p011'));
  t.true(ids.includes('p008') && !ids.includes('p012'));
});

test('images of posts with a URL alone come from runs, by the hash; files of the table go first', async (t) => {
  const world = await makeWorld(t, (_, number) =>
    number < 10 ? { imagePath: null, url: `http://example.com/${number}.png` } : {},
  );
  const rows = Array.from({ length: 12 }, (_, number) => ({
    path: `${number}.png`,
    hash: BigInt(1000 + number),
  }));
  const run = await writeRun(world.folder, [
    ...rows.slice(0, 8),
    { path: '8.png', hash: 1008n, reason: 'http_not_found' },
    ...rows.slice(10),
  ]);
  // What the run has of 10 and 11 is another picture than the table's.
  for (const number of [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11])
    await writePicture(join(world.folder, 'pictures', `${number}.png`), number < 10 ? number : 200 + number);
  const images = { sizePx: SIZE_PX, minSidePx: 0, picturesFrom: [run] };
  const { folder, record } = await make(world, { images });
  t.deepEqual(record.books.left_out, { no_image: 2 });
  t.deepEqual(record.filters['pictures_from'], [run]);
  t.deepEqual(schemaProblems('dataset.schema.json', join(folder, 'dataset.json')), []);
  for (const split of SPLITS) {
    const file = await readFile(join(folder, `${split}-images.npy`));
    for (const [i, id] of (await idsOf(folder, split)).entries())
      t.deepEqual(middleOf(file, i), colourOf(Number(id.slice(1))), id);
  }
  await t.throwsAsync(make(world, { images: { ...images, picturesFrom: [world.folder] } }));
});

test('repeated pictures are taken where that is asked for', async (t) => {
  const world = await makeWorld(t, (post, number) =>
    number === 7 ? { imagePath: join(post.imagePath!, '..', '11.png'), hash: 1011n } : {},
  );
  const { record } = await make(world, { takesRepeated: true });
  t.is(record.books.taken, 48);
});

test('balanced, each user has as many posts; without images nothing is looked at', async (t) => {
  const world = await makeWorld(t, (_, number) => ({ imagePath: null, url: `http://example.com/${number}` }));
  const { folder, record, rows } = await make(world, {
    images: undefined,
    postsPerUser: 10,
    transform: 'sqrt-log',
  });
  t.deepEqual(
    USERS.map((user) => rows.filter((row) => row['user'] === user).length),
    [10, 10, 10, 10],
  );
  t.deepEqual(
    SPLITS.map((split) => record.splits[split].count),
    [32, 4, 4],
  );
  t.false((await readdir(folder)).some((name) => name.endsWith('images.npy')));
  t.deepEqual([record.imageSize, record.transform, record.posts_per_user], [null, 'sqrt-log', 10]);
  for (const row of rows) {
    const label = row['label'] as number;
    t.is(row['target'], Math.sqrt(label) * Math.log(label + 10));
  }
});

test('split by user, no user lies in two splits', async (t) => {
  const { rows } = await make(await makeWorld(t), { splitBy: 'user', images: undefined });
  const pairs = new Set(rows.map((row) => `${row['user']} ${row['split']}`));
  t.is(pairs.size, 4);
  t.is(new Set(rows.map((row) => row['split'])).size, 3);
});

test('posts that were too young when they were counted are left out, and those of which that cannot be told', async (t) => {
  const world = await makeWorld(t, (_, number) => ({
    timeMs: number < 4 ? null : (1000 - number / 2) * 86_400_000,
  }));
  const { record, rows } = await make(world, { images: undefined, minAgeDays: 7.5 });
  t.deepEqual(record.books.left_out, { age_unknown: 4, too_young: 11 });
  t.true(rows.some((row) => row['post_id'] === 'p015'));
  t.is(record.filters['min_age_days'], 7.5);
});

test('a user with a long name is a rater of their own', async (t) => {
  const long = `${'x'.repeat(46)}\u{1F426}${'y'.repeat(100)}`;
  const world = await makeWorld(t, (_, number) => ({ user: number % 2 === 0 ? `${long}0` : `${long}1` }));
  const { folder } = await make(world, { images: undefined });
  const { answers } = await readAnswers([join(folder, 'train-labels.jsonl')], {});
  t.is(answers.length, 38);
  t.deepEqual([...new Set(answers.map(({ rater }) => rater.slice(0, 47)))], [`${'x'.repeat(46)}~`]);
  t.is(new Set(answers.map(({ rater }) => rater)).size, 2);
});

test('a gate keeps what its scores pass, and says what has none', async (t) => {
  const world = await makeWorld(t);
  const scores = world.given.flatMap((_, number) =>
    number === 5 ? [] : [`${1000 + number},${number === 6 ? 'NaN' : number / 48}`],
  );
  await writeFile(join(world.folder, 'scores.csv'), `hash,art\n${scores.join('\n')}\n`);
  const gate = { path: join(world.folder, 'scores.csv'), column: 'art' };
  const { record, rows } = await make(world, {
    images: undefined,
    gate: { ...gate, from: 0.25, below: 0.75 },
  });
  t.deepEqual(record.books.left_out, { gate_missing: 2, gate_failed: 22 });
  t.deepEqual(
    rows.map((row) => row['post_id']).sort(),
    world.given.map(({ postId }) => postId).slice(12, 36),
  );
  t.is(rows.find((row) => row['post_id'] === 'p024')!['gate'], 0.5);
  await t.throwsAsync(make(world, { images: undefined, gate: { ...gate, column: 'beauty', from: 0 } }), {
    ...{ code: 'BB_COLUMN_MISSING', message: /Write --gate FILE:COLUMN/ },
  });
});

test('too few posts for three splits are refused with the books, and nothing is written', async (t) => {
  const world = await makeWorld(t);
  await t.throwsAsync(make(world, { images: undefined, likesFrom: 130 }), {
    ...{ code: 'BB_INPUT_EMPTY', message: /likes_below/ },
  });
  t.false((await readdir(world.folder)).includes('dataset'));
});

test('a dataset is replaced where that is said, without what the other had more; nothing else ever is', async (t) => {
  const world = await makeWorld(t);
  const { folder } = await make(world);
  await t.throwsAsync(make(world, { overwrite: false }), { code: 'BB_OUTPUT_EXISTS' });
  await make(world, { images: undefined });
  t.false((await readdir(folder)).includes('train-images.npy'));
  const other = join(world.folder, 'posts');
  await t.throwsAsync(make(world, { outputFolder: other }), { code: 'BB_OUTPUT_FOLDER' });
});

test('a stopped dataset leaves nothing', async (t) => {
  const world = await makeWorld(t);
  const stop = new AbortController();
  const made = makeDataset(
    {
      ...{ posts: world.posts, outputFolder: join(world.folder, 'dataset'), overwrite: false, seed: 0 },
      ...{ standardise: 'max', splitBy: 'post', images: { sizePx: SIZE_PX, minSidePx: 0, picturesFrom: [] } },
      ...{ takesRepeated: false, question: 'popularity', processes: 1 },
    },
    {
      signal: stop.signal,
      note: () => {},
      advance: (what) => {
        if (what === 'looking at images') stop.abort();
      },
    },
  );
  const thrown = await made.catch((reason: unknown) => reason);
  t.true(stop.signal.aborted);
  t.is(thrown, stop.signal.reason);
  t.deepEqual(
    (await readdir(world.folder)).filter((name) => name.includes('dataset')),
    [],
  );
});
