import test from 'ava';
import type { PageDetail, PageState, PageWindow } from '../../src/browse/page-data.ts';
import { serveRows, type WrittenRow } from './world.ts';

const ROWS: readonly WrittenRow[] = [
  { path: 'a.jpg', caption: 'A red bird', aesthetic: 5, punsafe: 0.1 },
  { path: 'b.jpg', caption: 'A blue boat', aesthetic: 7.5, punsafe: 0.9, droppedBy: 'punsafe' },
  { path: 'c.jpg', caption: '100% Ünïcode, RED', aesthetic: 2.25, droppedBy: 'aesthetic' },
  { url: 'https://example.org/red/boat.jpg', reason: 'http_not_found' },
  ...Array.from({ length: 20 }, (_, i) => ({ path: 'a.jpg', caption: `more ${i}`, aesthetic: 3 + i / 100 })),
];

const takeDowns: (() => unknown)[] = [];
/** One for all tests of this file: they only look. */
const shared = serveRows({ teardown: (takeDown) => takeDowns.push(takeDown) }, ROWS);
test.after.always(async () => {
  for (const takeDown of takeDowns.reverse()) await takeDown();
});

/** The numbers of the rows that a query gives, in its order. */
const asked = async (json: <T>(path: string) => Promise<T>, query: string): Promise<number[]> =>
  (await json<PageWindow>(`/rows?count=500&${query}`)).rows.map(({ row }) => row);

test('rows come sorted by a score, and filtered by scores, verdict, reason, words and pictures', async (t) => {
  const { json } = await shared;
  t.deepEqual((await asked(json, 'sort=aesthetic')).slice(0, 3), [1, 0, 23]);
  t.deepEqual((await asked(json, 'sort=aesthetic')).at(-1), 3);
  t.deepEqual((await asked(json, 'sort=aesthetic&ascending')).slice(0, 2), [2, 4]);
  t.deepEqual(await asked(json, 'sort=punsafe&ascending&least-punsafe=0'), [0, 1]);
  t.deepEqual(await asked(json, 'least-aesthetic=5&most-aesthetic=7.5'), [1, 0]);
  t.deepEqual(await asked(json, 'fate=dropped'), [1, 2]);
  t.deepEqual(await asked(json, 'fate=aesthetic'), [2]);
  t.deepEqual(await asked(json, 'fate=failed'), [3]);
  t.deepEqual(await asked(json, 'fate=http_not_found'), [3]);
  t.is((await asked(json, 'fate=kept')).length, 21);
  t.deepEqual(await asked(json, 'text=red'), [0, 2, 3]);
  t.deepEqual(await asked(json, 'text=boat+RED'), [3]);
  t.deepEqual(await asked(json, `text=${encodeURIComponent('100% ünïcode')}`), [2]);
  t.deepEqual(await asked(json, `text=${encodeURIComponent("' OR 1=1 --")}`), []);
  t.is((await asked(json, 'pictures')).length, 23);
  t.deepEqual((await asked(json, 'sort=input')).slice(0, 4), [0, 1, 2, 3]);
});

test('a word is found whatever its case, in any script', async (t) => {
  const captions = [
    '\u0130STANBUL',
    'istanbul',
    'i\u0307stanbul',
    '\u039f\u0394\u039f\u03a3',
    '\u03bf\u03b4\u03bf\u03c2',
    'Stra\u00dfe',
    'STRASSE',
  ];
  const { json } = await serveRows(
    t,
    captions.map((caption) => ({ path: 'a.jpg', caption, aesthetic: 5 })),
  );
  const found = (word: string): Promise<number[]> =>
    asked(json, `sort=input&text=${encodeURIComponent(word)}`);
  t.deepEqual(await found('istanbul'), [0, 1]);
  t.deepEqual(await found('\u0130stanbul'), [0, 1, 2]);
  for (const word of ['\u039f\u03b4\u03bf\u03c2', '\u03bf\u03b4\u03bf\u03c3', '\u039f\u0394\u039f\u03a3'])
    t.deepEqual(await found(word), [3, 4], word);
  for (const word of ['strasse', 'STRA\u1e9eE', 'stra\u00dfe']) t.deepEqual(await found(word), [5, 6], word);
});

test('a window has the rows of its span and the number of all', async (t) => {
  const { json } = await shared;
  const { total, rows } = await json<PageWindow>('/rows?sort=input&from=10&count=2');
  t.is(total, 24);
  t.deepEqual(
    rows.map(({ row, key, caption }) => [row, key, caption]),
    [
      [10, '000010', 'more 6'],
      [11, '000011', 'more 7'],
    ],
  );
});

test('a row tells all its columns, its place and those whose score is next to its own', async (t) => {
  const { json } = await shared;
  const detail = await json<PageDetail>('/rows/0?sort=aesthetic&fate=scored');
  t.is(detail.position, 1);
  t.is(detail.total, 23);
  t.deepEqual([detail.width, detail.height, detail.group], [96, 72, 'kept']);
  t.deepEqual(
    detail.neighbours.map(({ row }) => row),
    [1, 0, 23, 22, 21, 20],
  );
  t.deepEqual(
    detail.fields.filter(([, value]) => value !== null).map(([name]) => name),
    [
      'key',
      'hash',
      'path',
      'caption',
      'status',
      'original_width',
      'original_height',
      'aesthetic',
      'punsafe',
      'kept',
    ],
  );
  t.is((await json<PageDetail>('/rows/3?fate=kept')).position, null);
});

test('the page is told what there is to filter by', async (t) => {
  const { json } = await shared;
  const state = await json<PageState>('/state');
  t.deepEqual(
    state.fates.map(({ name, count }) => [name, count]),
    [
      ['kept', 21],
      ['aesthetic', 1],
      ['punsafe', 1],
      ['http_not_found', 1],
    ],
  );
  t.deepEqual(state.scores[0], { name: 'aesthetic', count: 23, least: 2.25, most: 7.5 });
  t.is(state.pictured, 23);
  t.false(state.canRefetch);
});

test('a request that makes no sense is refused with what is wrong', async (t) => {
  const { ask } = await shared;
  for (const path of [
    '/rows?sort=nothing',
    '/rows?fate=x',
    '/rows?from=-1',
    '/rows?least-aesthetic=x',
    `/rows?text=${'x'.repeat(600)}`,
  ]) {
    const answer = await ask(path);
    t.is(answer.status, 400, path);
    t.is(((await answer.json()) as { error: { code: string } }).error.code, 'BB_HTTP_QUERY');
  }
  for (const path of ['/rows/24', '/rows/x', '/pictures/huge/0', '/other'])
    t.is((await ask(path)).status, 404, path);
});
