import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type CollectResult, runCollect } from '../../src/collect/collect.ts';
import { type JsonFeedOptions, jsonFeed } from '../../src/collect/json-feed.ts';
import { parseJsonPath } from '../../src/collect/json-path.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { readParquet } from '../helpers/read-parquet.ts';

/** A host that answers with JSON by path and query. */
async function serveJson(t: ExecutionContext, pages: (url: URL, origin: string) => unknown): Promise<string> {
  const server = createServer((request, response) => {
    const page = pages(new URL(request.url!, origin), origin);
    response.writeHead(page === undefined ? 404 : 200).end(JSON.stringify(page));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return origin;
}

interface Collected {
  readonly result: CollectResult;
  readonly rows: readonly Record<string, unknown>[];
}

async function collectFrom(
  t: ExecutionContext,
  options: Pick<JsonFeedOptions, 'url'> & Partial<JsonFeedOptions>,
  folder?: string,
): Promise<Collected> {
  const result = await runCollect(
    {
      ...{
        folder: folder ?? join(await makeFolder(t), 'posts'),
        flag: '--to',
        maxPages: 50,
        updatePages: 0,
        isWhole: false,
      },
      postsPerShard: 10_000,
      feed: jsonFeed({
        map: {},
        isNewestFirst: true,
        taken: new Set(),
        allowPrivateAddresses: false,
        ...options,
      }),
      client: {
        network: { allowPrivateAddresses: true, userAgentToken: 'test-crawl' },
        ...{
          obeysRobots: false,
          pauseMs: 0,
          maxWaitMs: 0,
          pageTimeoutMs: 60_000,
          maxPageBytes: 1e6,
          retries: 0,
        },
      },
    },
    {},
    { environment: {} },
  );
  return { result, rows: (await Promise.all(result.files.map((path) => readParquet(path)))).flat() };
}

const paths = (map: Record<string, string>): JsonFeedOptions['map'] =>
  Object.fromEntries(Object.entries(map).map(([field, path]) => [field, parseJsonPath(path)!]));

test('JSON Feed 1.1 is read as its specification says, page after page', async (t) => {
  const origin = await serveJson(t, ({ pathname }, at) => {
    if (pathname === '/feed.json')
      return {
        version: 'https://jsonfeed.org/version/1.1',
        title: 'Pictures',
        next_url: `${at}/older.json`,
        items: [
          {
            id: 'https://example.org/3',
            url: 'https://example.org/3.html',
            title: 'Third <b>&amp;</b> \u0000 "last"',
            image: 'https://img.example.org/3.jpg',
            date_published: '2026-04-03T12:00:00+02:00',
            authors: [{ name: 'Ada' }],
          },
          { id: 2, content_text: 'Second', banner_image: 'https://img.example.org/2.png' },
        ],
      };
    return {
      items: [
        { id: 'v', attachments: [{ mime_type: 'audio/mpeg', url: 'https://example.org/a.mp3' }] },
        {
          id: 'first',
          summary: 'First',
          attachments: [
            { mime_type: 'audio/mpeg', url: 'https://example.org/a.mp3' },
            { mime_type: 'image/jpeg', url: 'https://img.example.org/1.jpg' },
          ],
        },
      ],
    };
  });
  const { result, rows } = await collectFrom(t, { url: `${origin}/feed.json` });
  t.like(result, { pages: 2, newPosts: 3, end: 'end' });
  t.is(result.left['not-an-image'], 1);
  t.deepEqual(
    rows.map(({ post_id, URL, TEXT, user, time, likes }) => [post_id, URL, TEXT, user, time, likes]),
    [
      [
        ...['https://example.org/3', 'https://img.example.org/3.jpg', 'Third <b>&amp;</b>  "last"', 'Ada'],
        ...[new Date('2026-04-03T10:00:00Z'), null],
      ],
      ['2', 'https://img.example.org/2.png', 'Second', null, null, null],
      ['first', 'https://img.example.org/1.jpg', 'First', null, null, null],
    ],
  );
});

test('fields are found by paths, and the next page by a value that goes into a parameter', async (t) => {
  const photo = (id: number) => ({
    meta: { id },
    files: [{ href: `https://img.example.org/${id}.jpg`, w: '800', h: 600 }],
    stats: { 'like.count': String(id * 3), comments: 2 },
    at: 1_700_000_000 + id,
    nsfw: id === 4 ? 'true' : 0,
    by: { names: [{ short: `u${id}` }] },
  });
  const asked: string[] = [];
  const origin = await serveJson(t, ({ searchParams, search }) => {
    asked.push(search);
    const from = Number(searchParams.get('cursor') ?? 9);
    return {
      data: { photos: [photo(from), photo(from - 1)] },
      paging: { cursor: from > 5 ? from - 2 : null },
    };
  });
  const { result, rows } = await collectFrom(t, {
    url: `${origin}/photos?per_page=2`,
    map: paths({
      ...{ items: 'data.photos', post_id: 'meta.id', URL: 'files[0].href', likes: 'stats["like.count"]' },
      ...{ comments: 'stats.comments', time: 'at', user: 'by.names.0.short', over_18: 'nsfw' },
      ...{ width: 'files[0].w', height: 'files[0].h', TEXT: 'none|alsoNone' },
    }),
    paging: { kind: 'path', path: parseJsonPath('paging.cursor')!, parameter: 'cursor' },
  });
  t.deepEqual(asked, ['?per_page=2', '?per_page=2&cursor=7', '?per_page=2&cursor=5']);
  t.is(result.left['over-18'], 1);
  t.deepEqual(
    rows.map(({ post_id }) => post_id),
    ['9', '8', '7', '6', '5'],
  );
  t.like(rows[0], { likes: 27n, comments: 2n, user: 'u9', width: 800, height: 600, TEXT: null });
  t.deepEqual(rows[0]!['time'], new Date(1_700_000_009_000));
});

test('pages that are counted are read up to an empty one', async (t) => {
  const origin = await serveJson(t, ({ searchParams }) => {
    const page = Number(searchParams.get('page'));
    return { items: page > 3 ? [] : [{ id: `a${page}`, image: `https://img.example.org/${page}.jpg` }] };
  });
  const { result, rows } = await collectFrom(t, {
    url: `${origin}/feed?page=overwritten`,
    paging: { kind: 'number', parameter: 'page', first: 1 },
  });
  t.deepEqual(
    rows.map(({ post_id }) => post_id),
    ['a1', 'a2', 'a3'],
  );
  t.like(result, { end: 'end', requests: 4 });
});

test('a feed that always gives the same page is lost at once, and one that never ends stops at the limit of pages', async (t) => {
  const origin = await serveJson(t, ({ pathname, searchParams }, at) => {
    const number = Number(searchParams.get('n') ?? 0);
    const id = pathname === '/same' ? 0 : number;
    return {
      items: [{ id, image: `https://img.example.org/${id}.jpg` }],
      next_url: `${at}${pathname}?n=${number + 1}`,
    };
  });
  t.like((await collectFrom(t, { url: `${origin}/same` })).result, { newPosts: 1, end: 'lost', requests: 2 });
  t.like((await collectFrom(t, { url: `${origin}/endless` })).result, { newPosts: 50, end: 'page-limit' });
});

test('a next page that leads back to what was read is no end: the next call reads on behind it', async (t) => {
  let isStale = true;
  const origin = await serveJson(t, ({ searchParams }, at) => {
    const page = Number(searchParams.get('p') ?? 0);
    const next = page === 1 && isStale ? 1 : page + 1;
    return {
      items: [{ id: `a${page}`, image: `https://img.example.org/${page}.jpg` }],
      ...(page < 4 && { next_url: `${at}/?p=${next}` }),
    };
  });
  const folder = join(await makeFolder(t), 'posts');
  t.like((await collectFrom(t, { url: origin }, folder)).result, { newPosts: 2, end: 'lost' });
  isStale = false;
  t.like((await collectFrom(t, { url: origin }, folder)).result, { newPosts: 3, end: 'end' });
  t.like((await collectFrom(t, { url: origin }, folder)).result, { newPosts: 0, end: 'known' });
});

test('an empty page that leads on is passed, and one that leads to itself is the end', async (t) => {
  const origin = await serveJson(t, ({ searchParams }, at) => {
    const page = Number(searchParams.get('p') ?? 0);
    const items =
      page % 2 === 0 && page < 5 ? [{ id: page, image: `https://img.example.org/${page}.jpg` }] : [];
    return { items, next_url: `${at}/?p=${Math.min(5, page + 1)}` };
  });
  t.like((await collectFrom(t, { url: origin })).result, { newPosts: 3, end: 'end', requests: 6 });
});

test('a page that leads to another host is refused, with what came before kept', async (t) => {
  const origin = await serveJson(t, () => ({
    items: [{ id: 1, image: 'https://img.example.org/1.jpg' }],
    next_url: 'http://169.254.169.254/latest/meta-data',
  }));
  await t.throwsAsync(collectFrom(t, { url: origin }), { code: 'BB_FEED_FORMAT', message: /another host/ });
});

test('addresses that a download would refuse do not become rows', async (t) => {
  const urls = [
    'https://img.example.org/fine.jpg',
    'http://127.0.0.1/a.jpg',
    'http://[::1]/a.jpg',
    'http://2130706433/a.jpg',
    'http://localhost:8080/a.jpg',
    'http://169.254.169.254/latest.jpg',
    'http://10.0.0.8/a.jpg',
    'http://user:secret@img.example.org/a.jpg',
    'ftp://img.example.org/a.jpg',
    'javascript:alert(1)',
    'data:image/png;base64,AAAA',
    'not an address',
    `https://img.example.org/${'x'.repeat(8192)}.jpg`,
    'https://img.example.org/clip.mp4',
  ];
  const origin = await serveJson(t, () => ({ items: urls.map((image, id) => ({ id, image })) }));
  const { result, rows } = await collectFrom(t, { url: origin });
  t.deepEqual(
    rows.map(({ URL }) => URL),
    ['https://img.example.org/fine.jpg'],
  );
  t.like(result.left, { 'private-address': 6, 'bad-address': 6, 'not-an-image': 1 });
  const allowed = await collectFrom(t, { url: origin, allowPrivateAddresses: true });
  t.is(allowed.result.newPosts, 7);
});

test('items of any shape stop nothing, and names of JavaScript are names like others', async (t) => {
  const origin = await serveJson(t, () =>
    JSON.parse(`{"items": [null, 7, "text", [], {}, {"id": {}}, {"id": ""}, {"id": "${'x'.repeat(201)}"}, {"id": "\\ud800"},
      {"id": "constructor", "image": "https://img.example.org/c.jpg", "title": {"toString": 1}, "authors": "nobody"},
      {"id": "__proto__", "image": 5}, {"id": "toString", "image": "https://img.example.org/t.jpg", "date_published": "yesterday"}]}`),
  );
  const { result, rows } = await collectFrom(t, { url: origin });
  t.like(result.left, { 'not-a-post': 4, 'bad-id': 5, 'not-an-image': 1 });
  t.deepEqual(
    rows.map(({ post_id, TEXT, time }) => [post_id, TEXT, time]),
    [
      ['constructor', null, null],
      ['toString', null, null],
    ],
  );
});
