import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Mode, PairAnswer } from '../../src/feedback/answer.ts';
import { readAnswers } from '../../src/feedback/answers.ts';
import { importAnswers } from '../../src/feedback/import/import.ts';
import { RowAnswers } from '../../src/feedback/import/row-answer.ts';
import { FeedbackWriter } from '../../src/feedback/writer.ts';
import { makeFolder } from '../helpers/make-folder.ts';

const DEFAULTS = { question: 'q', rater: 'import', scale: undefined };

const ofPair = (answer: string, left: string, right: string, isExport?: boolean): unknown => {
  const row = { mode: 'pair', answer, left_key: left, right_key: right };
  const said = new RowAnswers(DEFAULTS).of(row, isExport);
  return typeof said === 'string' ? said : (said as PairAnswer).answer;
};

test('of a pair, words and names say the same answer, and what says two things says none', (t) => {
  t.is(ofPair('right', 'x.jpg', 'y.jpg'), 'right');
  t.is(ofPair('y.jpg', 'x.jpg', 'y.jpg'), 'right');
  t.is(ofPair('much left', 'x.jpg', 'y.jpg'), 'much-left');
  t.is(ofPair('left', 'left', 'right'), 'left');
  t.is(ofPair('2', '1', '2'), 'right');
  for (const [answer, left, right] of [
    ['right', 'right', 'left'],
    ['1', '2', '1'],
    ['a', 'b', 'a'],
    ['draw', 'draw', 'x.jpg'],
    ['skip', 'x.jpg', 'skip'],
    ['z.jpg', 'x.jpg', 'y.jpg'],
  ] as const)
    t.is(ofPair(answer, left, right), 'bad-answer', `${answer}: ${left}, ${right}`);
  // In a table that an export wrote it is a word.
  t.is(ofPair('right', 'right', 'left', true), 'right');
  t.is(ofPair('skip', 'x.jpg', 'skip', true), 'skip');
});

test('blanks around hashes mean nothing, and days that do not exist are no times', (t) => {
  const row = { mode: 'rating', answer: ' 3 ', hash: ' 5 ', time: '2024-02-29 10:00' };
  t.like(new RowAnswers(DEFAULTS).of(row), {
    ...{ answer: 3, sample: { hash: '5' }, time: '2024-02-29T10:00:00.000Z' },
  });
  for (const time of ['2026-02-30', '2026-02-29 10:00', '2026-06-31T10:00:00+02:00', '1900-02-29'])
    t.is(new RowAnswers(DEFAULTS).of({ ...row, time }), 'bad-time', time);
});

const cancelled = { completed_by: 3, was_cancelled: true, result: [] };
const asked = (...types: readonly (readonly [type: string, value: object])[]) => ({
  ...{ completed_by: 3, result: types.map(([type, value]) => ({ type, value })) },
});
const STARS = ['rating', { rating: 4 }] as const;
const CHOICE = ['choices', { choices: ['Keep'] }] as const;

test('a cancelled annotation without results is a skip where the way of asking shows, and else it is counted', async (t) => {
  const folder = await makeFolder(t);
  const imported = async (name: string, annotations: readonly object[], mode?: Mode) => {
    const path = join(folder, `${name}.json`);
    const tasks = annotations.map((each, i) => ({ data: { image: `${i}.jpg` }, annotations: [each] }));
    await writeFile(path, JSON.stringify(tasks));
    const writer = await FeedbackWriter.open(join(folder, `${name}.jsonl`));
    const options = { ...DEFAULTS, mode, roles: {}, text: {}, temporaryFolder: folder };
    const { problems, rows } = await importAnswers([path], writer, options);
    await writer.close();
    const answers = rows > problems.total ? (await readAnswers([writer.path])).answers : [];
    return [
      answers.map((each) => `${each.mode} ${each.answer}`),
      problems.list().map(({ problem, count, first }) => `${problem} ${count} ${first.line}`),
    ];
  };
  t.deepEqual(await imported('shown', [cancelled, asked(STARS)]), [['rating skip', 'rating 4'], []]);
  t.deepEqual(await imported('said', [cancelled], 'keep'), [['keep skip'], []]);
  t.deepEqual(await imported('alone', [cancelled]), [[], ['bad-mode 1 1']]);
  t.deepEqual(await imported('several', [asked(STARS, CHOICE), cancelled]), [
    ['rating 4', 'keep keep'],
    ['bad-mode 1 3'],
  ]);
  t.deepEqual(await imported('chosen', [asked(STARS, CHOICE), cancelled], 'rating'), [
    ['rating 4', 'rating skip'],
    [],
  ]);
});

test('elements of an export that are no tasks, or name no sample, are counted, and the others are answers', async (t) => {
  const folder = await makeFolder(t);
  const annotations = [asked(STARS)];
  const imported = async (tasks: unknown): ReturnType<typeof importAnswers> => {
    const path = join(folder, 'export.json');
    await writeFile(path, JSON.stringify(tasks));
    const writer = await FeedbackWriter.open(join(folder, 'taste.jsonl'));
    const options = { ...DEFAULTS, mode: undefined, roles: {}, text: {}, temporaryFolder: folder };
    return importAnswers([path], writer, options).finally(() => writer.close());
  };
  const { rows, saved, problems } = await imported([
    { data: { image: 'a.jpg' }, annotations },
    null,
    { data: 'b.jpg', annotations },
    { data: { image: 'c.jpg' }, annotations: null },
    { data: { image: 5 }, annotations },
    { data: { one: 'd.jpg', other: 'text', third: 'more' }, annotations },
    { data: { image: 'e.jpg' }, annotations },
  ]);
  t.deepEqual([rows, saved], [7, 2]);
  t.deepEqual(
    problems
      .list()
      .map(({ problem, count, first }) => `${problem} ${count} ${first.line}`)
      .sort(),
    ['bad-answer 1 4', 'bad-sample 3 3', 'not-object 1 2'],
  );
  // Where none says it, a person is asked for it.
  await t.throwsAsync(imported([{ data: { one: 'd.jpg', other: 'text' }, annotations }]), {
    code: 'BB_COLUMN_MISSING',
  });
});
