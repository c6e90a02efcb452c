import { join } from 'node:path';
import test from 'ava';
import { pair, rating, retraction, sample, writeFeedback } from '../feedback/records.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { runCli } from '../helpers/run-cli.ts';

test('feedback info counts answers by question, mode and rater, and tells what it passes over', async (t) => {
  const path = await writeFeedback(join(await makeFolder(t), 'taste.jsonl'), [
    ...[
      pair('p1'),
      pair('p2', { rater: 'bob', answer: 'right' }),
      pair('p3', { left: sample(2), right: sample(1) }),
    ],
    ...[
      rating('r1'),
      rating('r2', { rater: 'bob', answer: 5 }),
      rating('r3'),
      retraction('u1', 'r3'),
      '{"v":',
    ],
  ]);
  const text = await runCli(['feedback', 'info', path]);
  t.is(text.exitCode, 0, text.stderr);
  t.regex(
    text.stdout,
    /taste\.jsonl: 5 answers, 1 taken back, 1 passed over\n1 line is passed over \(cut\)\. It is line 8 of/,
  );
  t.regex(
    text.stdout,
    /aesthetic, pair: 3 answers about 2 samples\n {2}left 2, right 1\n {2}ada {2}2 answers, 2026-05-01T10:00:00.000Z to/,
  );
  t.regex(text.stdout, /raters agree: 50\.0 % \(1 of 2 comparisons\)/);
  t.regex(text.stdout, /with left and right exchanged 0\.0 % \(0 of 1 comparisons\)/);
  t.regex(text.stdout, /ada: mean 7\.50, \+2\.50 against others on the same samples/);

  const json = JSON.parse((await runCli(['feedback', 'info', path, '--json', '--mode', 'rating'])).stdout);
  t.like(json.lines, { lines: 8, answers: 5, retracted: 1, retractions: 1 });
  t.deepEqual(json.lines.problems, [{ problem: 'cut', count: 1, first: { path, line: 8 } }]);
  t.deepEqual(
    json.modes.map(({ mode, answers }: { mode: string; answers: number }) => [mode, answers]),
    [['rating', 2]],
  );
});

test('feedback info says so where its flags choose none of the answers', async (t) => {
  const path = await writeFeedback(join(await makeFolder(t), 'taste.jsonl'), [pair('p1')]);
  const none = await runCli(['feedback', 'info', path, '--rater', 'zz', '--mode', 'pair']);
  t.is(none.exitCode, 2);
  t.regex(none.stderr, /None of 1 answers in \S+ is chosen by --mode pair --rater zz\.[\s\S]*BB_INPUT_EMPTY/);
  t.is(none.stdout, '');
});

test('feedback info refuses a mode that there is not, and a file that is not there', async (t) => {
  const wrong = await runCli(['feedback', 'info', 'x.jsonl', '--mode', 'stars']);
  t.is(wrong.exitCode, 2);
  t.regex(wrong.stderr, /--mode needs pair, rating, keep, likes; "stars" is none/);
  const absent = await runCli(['feedback', 'info', 'x.jsonl']);
  t.is(absent.exitCode, 2);
  t.regex(absent.stderr, /no feedback file .*x\.jsonl[\s\S]*BB_INPUT_NOT_FOUND/);
});
