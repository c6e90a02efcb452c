import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { withFileSystem } from '../../src/base/file-system.ts';
import { readAnswers } from '../../src/feedback/answers.ts';
import { drawn } from '../../src/rate/asking/draw.ts';
import type { PageItem, PageItems, PageSaved, PageState } from '../../src/rate/page-data.ts';
import { type FileCall, interpose } from '../helpers/interposed-files.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { schemaChecker } from '../helpers/schemas.ts';
import { answered, HOSTILE, type Served, serveRate, writePhotos } from './world.ts';

const isValid = schemaChecker('rate-answers.schema.json');
const PHOTOS = 12;
let folder: string;
let photos: string;
let served: Served;

test.before(async (t) => {
  const owner = { teardown: (end: () => unknown) => ends.push(end) };
  t.pass();
  folder = await makeFolder(owner);
  photos = await writePhotos(folder, PHOTOS);
  served = await serveRate(owner, { source: photos, feedback: join(folder, 'taste.jsonl') });
});

const ends: (() => unknown)[] = [];
test.after.always(async () => {
  for (const end of ends.reverse()) await end();
});

const subject = ({ samples }: PageItem): string =>
  samples
    .map(({ name }) => name.hash!)
    .sort()
    .join(' ');

test('each pair is asked once, the same ones for the same seed, and others for another rater', async (t) => {
  const all = (PHOTOS * (PHOTOS - 1)) / 2;
  const items: PageItem[] = [];
  while (items.length < all) {
    const more = await served.items(
      'cy',
      20,
      items.map(({ id }) => id),
    );
    if (more.length === 0) break;
    items.push(...more);
  }
  t.is(new Set(items.map(subject)).size, all);
  const again = await serveRate(t, { source: photos, feedback: join(folder, 'again.jsonl') });
  t.deepEqual(await again.items('cy', 10), items.slice(0, 10));
  t.notDeepEqual((await again.items('dan', 10)).map(subject), items.slice(0, 10).map(subject));
});

test('left and right are drawn, and the seed that is kept says how', async (t) => {
  const items = await served.items('eve', 20);
  for (const { id, seed, swapped } of items) {
    t.is(seed, drawn(7, 'eve', id));
    t.is(swapped, seed! % 2 === 1);
  }
  t.true(items.some(({ swapped }) => swapped) && items.some(({ swapped }) => !swapped));
});

test('an answer is saved once, however often it is sent, and a retraction takes it back', async (t) => {
  const [first, second] = (await served.items('fay', 2)) as [PageItem, PageItem];
  const records = [
    answered(first, 'f1', { rater: 'fay' }),
    answered(second, 'f2', { rater: 'fay', answer: 'tie' }),
  ];
  t.true(isValid({ records }));
  const saved = await served.save(records);
  t.deepEqual(saved.results, ['saved', 'saved']);
  t.deepEqual(saved.standings, { fay: { answers: 2, skips: 0, compared: 0, agreed: 0 } });
  t.deepEqual((await served.save([...records, { v: 1, id: 'f3', retracts: 'f1', rater: 'fay' }])).results, [
    'saved-before',
    'saved-before',
    'saved',
  ]);
  const { answers } = await readAnswers([join(folder, 'taste.jsonl')], { raters: ['fay'] });
  t.deepEqual(
    answers.map(({ id, answer, seed, swapped }) => ({ id, answer, seed, swapped })),
    [{ id: 'f2', answer: 'tie', seed: second.seed, swapped: second.swapped }],
  );
  const state = (await (await served.ask('/state?rater=fay')).json()) as PageState;
  t.like(state, { standing: { answers: 1 }, title: 'photos', question: 'aesthetic', mode: 'pair' });
  t.true(state.raters.includes('fay'));
});

test('what is no answer to what is asked is refused by itself, and holds no other up', async (t) => {
  const [item] = (await served.items('gus', 1)) as [PageItem];
  const { results } = await served.save([
    answered(item, 'g1', { rater: 'gus', answer: 'best' }),
    answered(item, 'g2', { rater: 'gus', question: 'useful' }),
    answered(item, 'g3', { rater: 'gus', rater_name: 'x'.repeat(100) }),
    answered(item, 'not an id', { rater: 'gus' }),
    answered(item, 'g4', { rater: 'gu\ns' }),
    'nothing',
  ]);
  t.deepEqual(
    results.map((result) => typeof result),
    ['object', 'object', 'string', 'object', 'object', 'object'],
  );
  // JSON.parse reads 1e999 as Infinity.
  const endless = [
    answered(item, 'g5', { rater: 'gus', took_ms: 999 }),
    answered(item, 'g6', { rater: 'gus' }),
  ];
  const answer = await served.post(JSON.stringify({ records: endless }).replace('999', '1e999'));
  t.deepEqual(
    ((await answer.json()) as PageSaved).results.map((result) => typeof result),
    ['object', 'string'],
  );
  t.regex(JSON.stringify(results[1]), /it answers useful by pair, and aesthetic is asked here/);
  const [line] = (await readFile(join(folder, 'taste.jsonl'), 'utf8'))
    .split('\n')
    .filter((text) => /"g3"/.test(text));
  t.false(line!.includes('rater_name'));
});

test('huge answers, forms of other pages and what is no list of records are refused before anything is saved', async (t) => {
  const records = Array.from({ length: 101 }, () => ({}));
  for (const [body, status] of [
    [{ records: [{ id: 'huge', rater: 'x'.repeat(600_000) }] }, 413],
    [{ records }, 400],
    [[], 400],
    ['{"records":', 400],
  ] as const) {
    t.is((await served.post(body)).status, status);
  }
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    const answer = await served.ask('/answers', {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{"records":[]}',
    });
    t.is(answer.status, 400, type);
  }
  const foreign = { 'content-type': 'application/json', origin: 'https://evil.example' };
  const refused = await served.ask('/answers', { method: 'POST', headers: foreign, body: '{"records":[]}' });
  t.is(refused.status, 421);
  const { origin } = new URL(served.rate.url);
  t.is(
    (
      await fetch(`${origin}/answers`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"records":[]}',
      })
    ).status,
    401,
  );
  const file = await readFile(join(folder, 'taste.jsonl'), 'utf8').catch(() => '');
  t.false(file.includes('huge'));
});

test('pictures come anew as WebP; one that cannot be shown is told and asked about no more', async (t) => {
  const own = await makeFolder(t);
  const source = await writePhotos(own, 4);
  await writeFile(join(source, '3.jpg'), 'no picture');
  const page = await serveRate(t, { source, feedback: join(own, 'taste.jsonl') });
  const items = await page.items('ada', 20);
  t.is(items.length, 6);
  const shown = new Map(
    items.flatMap(({ samples }) => samples.map(({ name, picture }) => [name.key!, picture] as const)),
  );
  const statuses: Record<string, number> = {};
  for (const [key, path] of shown) {
    const answer = await page.ask(path);
    statuses[key] = answer.status;
    if (answer.ok) t.is(answer.headers.get('content-type'), 'image/webp');
    else t.regex(await answer.text(), /BB_HTTP_NO_PICTURE/);
  }
  t.deepEqual(statuses, { '000000000': 200, '000000001': 200, '000000002': 200, '000000003': 404 });
  t.regex(
    page.notes.join(),
    /^The picture of 000000003 cannot be shown, so it is not asked about \(1 so far\)/,
  );
  t.is((await page.items('bob', 20)).length, 3);
  // A number whose sample is another than the page was told.
  t.regex(await (await page.ask(shown.get('000000001')!.replace('/1/', '/2/'))).text(), /BB_HTTP_NOT_FOUND/);
});

test('captions come as they are, and nothing tells where the machine keeps its files', async (t) => {
  const items = await served.items('ida', 20);
  const captions = items.flatMap(({ samples }) => samples.map(({ caption }) => caption));
  t.true(captions.includes(HOSTILE));
  const texts = await Promise.all(
    ['/', '/state?rater=ida', '/items?rater=ida&count=20'].map(async (path) =>
      (await served.ask(path)).text(),
    ),
  );
  for (const text of texts) t.false(text.includes(folder));
  t.is((await served.ask('/items?rater=&count=1')).status, 400);
});

test('repeats show a pair the other way round, count once, and say how far raters agree with themselves', async (t) => {
  const own = await makeFolder(t);
  const page = await serveRate(t, { source: photos, feedback: join(own, 'taste.jsonl'), repeatShare: 0.5 });
  const seen = new Map<string, PageItem>();
  let repeats = 0;
  for (let n = 0; n < 50; n++) {
    const [item] = (await page.items('ada', 1)) as [PageItem];
    const before = seen.get(subject(item));
    if (before) {
      repeats++;
      t.deepEqual(
        item.samples.map(({ name }) => name),
        before.samples.map(({ name }) => name).reverse(),
      );
      t.is(item.swapped, !before.swapped);
      t.is(item.swapped, item.seed! % 2 === 1);
    }
    seen.set(subject(item), item);
    // Always the left one: so repeats never agree.
    await page.save([answered(item, `r${n}`)]);
  }
  t.true(repeats >= 8, String(repeats));
  t.is(seen.size, 50 - repeats);
  const state = (await (await page.ask('/state?rater=ada')).json()) as PageState;
  t.like(state.standing, { answers: 50, compared: repeats, agreed: 0 });
});

test('samples that are rated come each once, to the last, and the end is told', async (t) => {
  const own = await makeFolder(t);
  const page = await serveRate(t, {
    source: photos,
    feedback: join(own, 'taste.jsonl'),
    mode: 'rating',
    question: 'aesthetic',
  });
  const first = await page.items('ada', 5);
  // A page that was left had these and answered two of them; so the others come to the next one.
  await page.save(first.slice(0, 2).map((item, i) => answered(item, `s${i}`)));
  const rest = (await (await page.ask('/items?rater=ada&count=20')).json()) as PageItems;
  t.like(rest, { isEnd: true, left: PHOTOS - 2 });
  const keys = [...first.slice(0, 2), ...rest.items].map(({ samples }) => samples[0]!.name.key);
  t.is(new Set(keys).size, PHOTOS);
  t.is(keys.length, PHOTOS);
});

test('where the disk is full the page is told to keep its answer, and no path', async (t) => {
  const own = await makeFolder(t);
  const path = join(own, 'taste.jsonl');
  let isFull = true;
  const files = interpose(async (call: FileCall, run) => {
    if (isFull && call.call === 'write' && call.path === path)
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', errno: -28 });
    return run();
  });
  await withFileSystem(files, async () => {
    const faults: unknown[] = [];
    const page = await serveRate(t, {
      source: photos,
      feedback: path,
      onFault: (fault) => faults.push(fault),
    });
    const [item] = (await page.items('ada', 1)) as [PageItem];
    const answer = await page.post({ records: [answered(item, 'd1')] });
    t.is(answer.status, 503);
    const text = await answer.text();
    t.regex(text, /BB_HTTP_NOT_SAVED/);
    t.false(text.includes(own));
    t.is(faults.length, 1);
    isFull = false;
    t.deepEqual((await page.save([answered(item, 'd1')])).results, ['saved']);
  });
});

test('the token lies beside the file for its owner alone, outlives a kill, and is gone after a stop', async (t) => {
  const own = await makeFolder(t);
  const feedback = join(own, 'taste.jsonl');
  const page = await serveRate(t, { source: photos, feedback });
  const token = await readFile(`${feedback}.token`, 'utf8');
  t.is(new URL(page.rate.url).searchParams.get('token'), token);
  t.is((await stat(`${feedback}.token`)).mode & 0o777, 0o600);
  await page.rate.stop();
  t.deepEqual((await readdir(own)).sort(), []);
  await writeFile(`${feedback}.token`, token, { mode: 0o600 });
  const next = await serveRate(t, { source: photos, feedback });
  t.is(new URL(next.rate.url).searchParams.get('token'), token);
  await next.rate.stop();
  // Anybody could have left this one.
  await writeFile(`${feedback}.token`, token, { mode: 0o644 });
  const third = await serveRate(t, { source: photos, feedback });
  t.not(new URL(third.rate.url).searchParams.get('token'), token);
});
