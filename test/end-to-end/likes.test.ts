import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readNpyHeader } from '../../src/base/npy.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { type Resource, startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';

const POSTS = 60;
const USERS = ['ada', 'bob', 'cleo', 'dan'];
/** What each user's most liked post would have. */
const LEVELS = [20, 300, 4000, 50_000];

/** How bright the picture of a post is, from 0 to 1: that is what people like about it. */
function brightnessOf(post: number): number {
  return ((post * 37) % 61) / 60;
}

function pictureOf(post: number): Promise<Buffer> {
  const grey = Math.round(20 + 225 * brightnessOf(post));
  const background = { r: grey, g: Math.max(0, grey - (post % 5)), b: Math.max(0, grey - (post % 9)) };
  return sharp({ create: { width: 72, height: 60, channels: 3, background } })
    .jpeg()
    .toBuffer();
}

/** A JSON Feed of two pages on loopback, and its pictures. The last post's picture is gone, and before it is one without a picture. */
async function startFeed() {
  const resources = new Map<string, Resource>();
  const host = await startImageHost(resources);
  const items: object[] = [];
  for (let post = 0; post < POSTS; post++) {
    if (post < POSTS - 1) resources.set(`/${post}.jpg`, await pictureOf(post));
    items.push({
      ...{ id: `post-${post}`, title: `Picture ${post}`, authors: [{ name: USERS[post % 4] }] },
      ...(post !== POSTS - 2 && { image: `${host.origin}/${post}.jpg` }),
      date_published: new Date(Date.UTC(2025, 0, 1 + post)).toISOString(),
      _likes: Math.round(LEVELS[post % 4]! * brightnessOf(post)),
    });
  }
  const page = (some: readonly object[], next?: string): Buffer =>
    Buffer.from(JSON.stringify({ version: 'https://jsonfeed.org/version/1.1', items: some, next_url: next }));
  resources.set('/feed.json', page(items.slice(0, 40), `${host.origin}/more.json`));
  resources.set('/more.json', page(items.slice(40)));
  return host;
}

test('from a feed to a head and a subset: posts, likes as labels, training, evaluation, scores', async (t) => {
  const host = await startFeed();
  t.teardown(() => host.stop());
  const folder = await makeFolder(t);
  const path = (name: string): string => join(folder, name);
  const run = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await runCli(args);
    t.is(exitCode, 0, `${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const map = 'post_id=id,URL=image,TEXT=title,user=authors[0].name,likes=_likes,time=date_published';
  await run(
    ...['collect', 'jsonfeed', `${host.origin}/feed.json`, '--to', path('feed'), '--map', map],
    ...['--pause', '0', '--allow-private-addresses'],
  );
  t.regex(await run('posts', 'add', path('feed'), '--to', path('likes')), /holds 59 posts/);
  await run(
    ...[
      'score',
      path('feed/shards'),
      '--output-folder',
      path('scored'),
      '--save-embeddings',
      '--save-images',
      'scored',
    ],
    ...['--retries', '0', ...LOOPBACK_FLAGS],
  );
  const runs = ['--pictures-from', path('scored')];
  await run('posts', 'report', path('likes'), '--output', path('likes.html'), ...runs);
  t.regex(await readFile(path('likes.html'), 'utf8'), /src="data:image\/webp;base64,/);

  const made = JSON.parse(
    await run(
      ...['posts', 'dataset', path('likes'), '--output-folder', path('dataset'), ...runs],
      ...['--image-size', '12', '--json'],
    ),
  );
  t.like(made.books, { posts: 59, taken: 58, left_out: { no_image: 1 } });
  t.deepEqual([made.splits.train.count, made.splits.validation.count, made.splits.test.count], [46, 6, 6]);
  // Each picture is as bright as its label says, up to what its user's brightest lacks.
  const rows = await readParquet(path('dataset/dataset.parquet'));
  const images = await readFile(path('dataset/test-images.npy'));
  const { dataOffset } = readNpyHeader(images);
  for (const row of rows.filter(({ split }) => split === 'test')) {
    const post = Number(String(row['post_id']).replace(/^.*post-/, ''));
    const red = images[dataOffset + Number(row['place']) * 12 * 12 * 3]!;
    t.true(Math.abs(red - (20 + 225 * brightnessOf(post))) < 6, `${row['post_id']}`);
    t.true(Math.abs(Number(row['label']) - brightnessOf(post)) < 0.15, `${row['post_id']}: ${row['label']}`);
  }

  const about = ['--question', 'popularity', '--embeddings', path('scored')];
  const trained = JSON.parse(
    await run(
      ...[
        'train',
        '--method',
        'ridge',
        '--label-transform',
        'none',
        '--output-folder',
        path('head'),
        '--json',
      ],
      ...['--feedback', path('dataset/train-labels.jsonl'), ...about],
    ),
  );
  t.true(trained.measures.training.correlation > 0.8, JSON.stringify(trained.measures));
  const head = path('head/head.safetensors');
  const evaluation = await run(
    ...[
      'evaluate',
      head,
      '--dataset',
      path('dataset'),
      '--feedback',
      path('dataset/test-labels.jsonl'),
      ...about,
    ],
  );
  t.regex(evaluation, /6 answers to popularity about 6 samples, of which 6 are held out/);

  await run(
    ...['score', path('scored'), '--input-format', 'embeddings', '--aesthetic-head', head],
    ...['--output-folder', path('again')],
  );
  await run('subset', '--metadata', path('again'), '--min-aesthetic', '0.6', '--output-folder', path('best'));
  const names = (await readdir(path('best'))).filter((name) => name.endsWith('.parquet'));
  const best = (await Promise.all(names.map((name) => readParquet(join(path('best'), name))))).flat();
  // What the head keeps is what people liked.
  const bright = best.map((row) => brightnessOf(Number(/(\d+)\.jpg/.exec(JSON.stringify(row['URL']))![1])));
  t.true(bright.length > 10 && bright.length < 40, `${bright.length} are kept`);
  t.true(Math.min(...bright) > 0.35, bright.join(', '));
});
