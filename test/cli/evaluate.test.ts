import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { rating, writeFeedback } from '../feedback/records.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { runCli } from '../helpers/run-cli.ts';
import { valueProblems } from '../helpers/schemas.ts';

test('evaluate prints tables or JSON, writes record and page, and refuses what does not go together', async (t) => {
  const folder = await makeFolder(t);
  const path = (name: string): string => join(folder, name);
  const numbers = Array.from({ length: 30 }, (_, i) => i);
  writeFileSync(
    path('scores.csv'),
    `key,mine,other\n${numbers.map((i) => `k${i},${i / 3},${(i * 7) % 30}`).join('\n')}\n`,
  );
  await writeFeedback(
    path('taste.jsonl'),
    numbers.map((i) => rating(`r${i}`, { answer: i / 3, sample: { key: `k${i}` } })),
  );
  const args = [
    ...['evaluate', '--scores', `${path('scores.csv')}:mine,${path('scores.csv')}:other`],
    ...['--feedback', path('taste.jsonl'), '--all', '--resamples', '200', '--output-folder', path('out')],
  ];
  const printed = await runCli(args);
  t.is(printed.exitCode, 0, printed.stderr);
  t.regex(printed.stdout, /^A {2}.*scores\.csv:mine {2}\(on all samples\)\nB /);
  t.regex(printed.stdout, /30 answers to aesthetic about 30 samples, of which \d+ are held out/);
  t.regex(printed.stdout, /spearman +1\.000 \[1\.000, 1\.000\]/);
  t.regex(printed.stdout, /A - B {2}spearman .*: A is better/);
  t.regex(printed.stdout, /top share of 30 samples of 30 rows/);
  t.true(existsSync(path('out/evaluate.html')));
  const again = await runCli([...args, '--json']);
  t.is(again.exitCode, 2);
  t.regex(again.stderr, /BB_OUTPUT_EXISTS/);
  const json = await runCli([...args, '--json', '--incremental-mode', 'overwrite']);
  t.deepEqual(valueProblems('evaluation.schema.json', JSON.parse(json.stdout)), []);
  t.deepEqual(JSON.parse(json.stdout), JSON.parse(readFileSync(path('out/evaluation.json'), 'utf8')));
  for (const [wrong, message] of [
    [['--feedback', path('taste.jsonl')], /nothing to evaluate/],
    [['builtin', '--feedback', path('taste.jsonl')], /Heads need the embeddings/],
    [
      ['--scores', 'x:y', '--embeddings', 'z', '--feedback', path('taste.jsonl')],
      /--embeddings are for heads/,
    ],
    [[...args.slice(1), '--ranges', '7,4'], /rising numbers/],
    [['nobody', '--embeddings', 'z', '--feedback', path('taste.jsonl'), '--offline'], /nobody/],
  ] as const) {
    const refused = await runCli(['evaluate', ...wrong]);
    t.is(refused.exitCode, 2, refused.stderr);
    t.regex(refused.stderr, message);
  }
});
