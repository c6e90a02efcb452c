import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FeedbackReader, readAnswers } from '../../src/feedback/answers.ts';
import { lineOf } from '../../src/feedback/line.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { pair, rating, retraction, writeFeedback } from './records.ts';

test('several files are read as one: an answer in two of them is there once, and one taken back in any is gone', async (t) => {
  const folder = await makeFolder(t);
  const bob = pair('p2', { rater: 'bob' });
  const first = await writeFeedback(join(folder, 'a.jsonl'), [
    pair('p1'),
    rating('r1'),
    retraction('u2', 'b1'),
  ]);
  const second = await writeFeedback(join(folder, 'b.jsonl'), [
    ...[pair('p1'), bob, rating('b1'), rating('r2'), retraction('u1', 'r1'), retraction('u1', 'r1')],
    pair('p2', { answer: 'tie' }),
  ]);
  const { answers, counts, questions, digest } = await readAnswers([first, second]);
  t.deepEqual(answers, [pair('p1'), bob, rating('r2')]);
  t.like(counts, { lines: 10, answers: 3, retracted: 2, retractions: 2, repeated: 2 });
  t.deepEqual(counts.problems.list(), [
    { problem: 'id-reused', count: 1, first: { path: second, line: 7, problem: 'id-reused' } },
  ]);
  t.deepEqual([...questions], [['aesthetic', 3]]);

  const alone = await writeFeedback(join(folder, 'c.jsonl'), [pair('p1'), bob, rating('r2')]);
  t.is((await readAnswers([alone])).digest, digest);
  t.not((await readAnswers([alone], { modes: ['pair'] })).digest, digest);
});

test('answers are chosen by question, mode and rater; all are counted', async (t) => {
  const useful = rating('r3', { question: 'useful', rater: 'bob' });
  const path = await writeFeedback(join(await makeFolder(t), 'a.jsonl'), [pair('p1'), rating('r1'), useful]);
  const ids = async (wanted: object): Promise<string[]> =>
    (await readAnswers([path], wanted)).answers.map(({ id }) => id);
  t.deepEqual(await ids({ questions: ['useful'] }), ['r3']);
  t.deepEqual(await ids({ modes: ['rating'] }), ['r1', 'r3']);
  t.deepEqual(await ids({ raters: ['ada'], modes: ['pair', 'keep'] }), ['p1']);
  t.is((await readAnswers([path], { questions: ['none'] })).counts.answers, 3);
});

test('damaged lines are counted under their reasons with their places, whatever they are', async (t) => {
  const path = join(await makeFolder(t), 'a.jsonl');
  const long = `{"v":1,"id":"${'x'.repeat(3_000_000)}"}`;
  await writeFile(path, `\ufeff${lineOf(pair('p1'))}\r\n\n  \n${long}\nnull\n`);
  await appendFile(path, Buffer.from([0x7b, 0xff, 0xfe, 0x7d, 0x0a, 0, 0, 0, 0x0a]));
  await appendFile(path, `${lineOf(rating('r1', { rater: 'Zoë 😀' }))}\n${lineOf(rating('r2'))}`);
  await appendFile(
    path,
    `\n${lineOf(rating('r3', { rater: 'Zoë' }))
      .slice(0, -2)
      .replace(/Zoë.*/, '')}Zo`,
  );
  await appendFile(path, Buffer.from('ë').subarray(0, 1));
  const { answers, counts } = await readAnswers([path]);
  t.deepEqual(answers, [pair('p1'), rating('r1', { rater: 'Zoë 😀' }), rating('r2')]);
  t.deepEqual(
    counts.problems.list().map(({ problem, first }) => [problem, first.line]),
    [
      ['too-long', 4],
      ['not-object', 5],
      ['not-utf8', 6],
      ['not-json', 7],
      ['cut', 10],
    ],
  );
  t.is(counts.lines, 8);
});

test('what is no regular file, or not there, is refused', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'd'));
  await t.throwsAsync(readAnswers([join(folder, 'none.jsonl')]), { code: 'BB_INPUT_NOT_FOUND' });
  await t.throwsAsync(readAnswers([join(folder, 'd')]), { code: 'BB_INPUT_UNREADABLE' });
});

test('what is appended while a file is read is left for the next time', async (t) => {
  const path = await writeFeedback(join(await makeFolder(t), 'a.jsonl'), [
    pair('p1'),
    retraction('u1', 'p0'),
  ]);
  const reader = new FeedbackReader([path]);
  let isFirst = true;
  const ids: string[] = [];
  for await (const answers of reader.answers()) {
    if (isFirst) await appendFile(path, `${lineOf(pair('p2'))}\n`);
    isFirst = false;
    ids.push(...answers.map(({ id }) => id));
  }
  t.deepEqual(ids, ['p1']);
});

test('an answer is taken back however the field is spelled, and not by a line that is passed over', async (t) => {
  const folder = await makeFolder(t);
  const escaped = retraction('u1', 'r1').replace('"retracts"', '"\\u0072etracts"');
  t.deepEqual((JSON.parse(escaped) as { retracts: string }).retracts, 'r1');
  const first = await writeFeedback(join(folder, 'escaped.jsonl'), [rating('r1'), rating('r2'), escaped]);
  t.deepEqual((await readAnswers([first])).answers, [rating('r2')]);

  const second = await writeFeedback(join(folder, 'reused.jsonl'), [
    ...[rating('r1'), rating('r2'), retraction('r1', 'r2')],
  ]);
  const { answers, counts } = await readAnswers([second]);
  t.deepEqual(answers, [rating('r1'), rating('r2')]);
  t.like(counts, { answers: 2, retracted: 0, retractions: 0 });
  t.is(counts.problems.list()[0]?.problem, 'id-reused');
});
