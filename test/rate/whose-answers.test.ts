import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readAnswers } from '../../src/feedback/answers.ts';
import type { PageItem } from '../../src/rate/page-data.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { answered, type Served, serveRate, writePhotos } from './world.ts';

const ends: (() => unknown)[] = [];
test.after.always(async () => {
  for (const end of ends.reverse()) await end();
});

let folder: string;
let photos: string;
let served: Served;

test.before(async () => {
  const owner = { teardown: (end: () => unknown) => ends.push(end) };
  folder = await makeFolder(owner);
  photos = await writePhotos(folder, 3);
  served = await serveRate(owner, { source: photos, feedback: join(folder, 'taste.jsonl') });
});

test("nobody takes back another's answer, or one that is not there, and holds no other up with it", async (t) => {
  const [item] = (await served.items('hal', 1)) as [PageItem];
  const undo = (id: string, retracts: string, rater: string) => ({ v: 1, id, retracts, rater });
  const ofOther = { refused: 'it takes back an answer of another rater' };
  const together = await served.save([
    answered(item, 'h1', { rater: 'hal' }),
    undo('h2', 'h1', 'bob'),
    answered(item, 'h3', { rater: 'hal' }),
    undo('h4', 'h3', 'hal'),
  ]);
  t.deepEqual(together.results, ['saved', ofOther, 'saved', 'saved']);
  const later = [undo('h2', 'h1', 'bob'), undo('h5', 'h3', 'bob'), undo('h4', 'h3', 'hal')];
  t.deepEqual((await served.save(later)).results, [ofOther, ofOther, 'saved-before']);
  t.deepEqual((await served.save([undo('h6', 'h7', 'hal')])).results, [
    { refused: 'it takes back an answer that is not there' },
  ]);
  const { answers } = await readAnswers([join(folder, 'taste.jsonl')], { raters: ['hal'] });
  t.deepEqual(
    answers.map(({ id }) => id),
    ['h1'],
  );
});

test('where the command says who answers, others are refused', async (t) => {
  const own = await makeFolder(t);
  const page = await serveRate(t, { source: photos, feedback: join(own, 'taste.jsonl'), rater: 'ada' });
  const [item] = (await page.items('ada', 1)) as [PageItem];
  const { results } = await page.save([
    answered(item, 'a1'),
    answered(item, 'b1', { rater: 'bob' }),
    { v: 1, id: 'b2', retracts: 'a1', rater: 'bob' },
  ]);
  const refused = { refused: 'it is from bob, and ada answers here' };
  t.deepEqual(results, ['saved', refused, refused]);
});

test("an answer has the time that the page gives, or the server's where that is later than it came or missing", async (t) => {
  const [item] = (await served.items('jo', 1)) as [PageItem];
  const early = '2020-02-29T10:00:00.000Z';
  const sent = [early, '9999-01-01T00:00:00.000Z', undefined].map((time, i) =>
    answered(item, `j${i}`, { rater: 'jo', time }),
  );
  const fromMs = Date.now();
  t.deepEqual((await served.save(sent)).results, ['saved', 'saved', 'saved']);
  t.deepEqual((await served.save(sent)).results, ['saved-before', 'saved-before', 'saved-before']);
  const { answers } = await readAnswers([join(folder, 'taste.jsonl')], { raters: ['jo'] });
  const [first, ...others] = answers.map(({ time }) => time!);
  t.is(first, early);
  t.is(others.length, 2);
  t.true(others.every((time) => Date.parse(time) >= fromMs && Date.parse(time) <= Date.now()));
});

test('a pair of one picture, and a feedback file that is none, are refused before anything is served or written', async (t) => {
  const own = await makeFolder(t);
  const source = await writePhotos(own, 1);
  const taste = join(own, 'taste.jsonl');
  await t.throwsAsync(serveRate(t, { source, feedback: taste }), {
    code: 'BB_INPUT_EMPTY',
    message: /a pair needs two/,
  });
  await t.notThrowsAsync(serveRate(t, { source, feedback: taste, mode: 'rating' }));
  const picture = join(source, '0.jpg');
  const before = await readFile(picture);
  await t.throwsAsync(serveRate(t, { source: photos, feedback: picture }), {
    code: 'BB_INPUT_FORMAT',
    message: /0\.jpg is no feedback file: none of its lines is an answer/,
  });
  t.deepEqual(await readFile(picture), before);
});
