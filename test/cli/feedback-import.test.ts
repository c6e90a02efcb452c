import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readAnswers } from '../../src/feedback/answers.ts';
import { pair, rating, retraction, sample, writeFeedback } from '../feedback/records.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { runCli } from '../helpers/run-cli.ts';

const LARGE = '-9223372036854775807';

async function imported(folder: string, name: string, content: string, ...flags: readonly string[]) {
  const path = join(folder, name);
  await writeFile(path, content);
  const to = join(folder, 'taste.jsonl');
  const result = await runCli(['feedback', 'import', path, '--to', to, '--json', ...flags]);
  const read = async () => (await readAnswers([to])).answers;
  return { ...result, path, to, read, report: () => JSON.parse(result.stdout) };
}

test('ratings of a table are added once, however often it is imported and when it has grown', async (t) => {
  const folder = await makeFolder(t);
  const csv = `hash,rating,annotator,timestamp\n${LARGE},1,ada,2026-05-01 10:00:00\n5,3,bob,1777629600\n5,3,bob,1777629600\n`;
  const flags = ['--question', 'aesthetic', '--scale', '1,5'];
  const first = await imported(folder, 'ratings.csv', csv, ...flags);
  t.like(first.report(), { rows: 3, saved: 3, savedBefore: 0, problems: [] });
  const again = await imported(
    folder,
    'ratings.csv',
    `${csv}7,5,ada,\n8,9,ada,\n,2,ada,\n9,,ada,\n`,
    ...flags,
  );
  t.like(again.report(), { rows: 7, saved: 1, savedBefore: 3 });
  t.deepEqual(
    again
      .report()
      .problems.map(({ problem, first: { row } }: { problem: string; first: { row: number } }) => [
        problem,
        row,
      ]),
    [
      ['bad-answer', 5],
      ['bad-sample', 6],
    ],
  );
  const answers = await again.read();
  t.deepEqual(
    answers.map(
      (answer) => answer.mode === 'rating' && [answer.sample.hash, answer.answer, answer.rater, answer.time],
    ),
    [
      [LARGE, 0, 'ada', '2026-05-01T10:00:00.000Z'],
      ['5', 5, 'bob', '2026-05-01T10:00:00.000Z'],
      ['5', 5, 'bob', '2026-05-01T10:00:00.000Z'],
      ['7', 10, 'ada', undefined],
    ],
  );
});

test('pairs, decisions to keep and likes are known by their columns or by --columns', async (t) => {
  const pairs = await imported(
    await makeFolder(t),
    'pairs.jsonl',
    '{"a":"x.jpg","b":"y.jpg","winner":"y.jpg"}\n{"a":"x.jpg","b":"z.jpg","winner":"draw"}\n{"a":"x.jpg","b":"x.jpg","winner":"a"}\n',
    ...['--question', 'useful', '--columns', 'left_key=a,right_key=b', '--rater', '=HYPERLINK("x")'],
  );
  t.like(pairs.report(), { saved: 2 });
  t.is(pairs.report().problems[0].problem, 'same-sample');
  t.like((await pairs.read())[0], {
    answer: 'right',
    left: { key: 'x.jpg' },
    right: { key: 'y.jpg' },
    rater: '=HYPERLINK("x")',
  });

  const kept = await imported(
    await makeFolder(t),
    'k.tsv',
    'path\tkeep\na/b.png\ttrue\nc.png\tno\nd.png\tskip\n',
    '--question',
    'q',
  );
  t.deepEqual(
    (await kept.read()).map(({ mode, answer }) => [mode, answer]),
    [
      ['keep', 'keep'],
      ['keep', 'leave'],
      ['keep', 'skip'],
    ],
  );
  const likes = await imported(
    await makeFolder(t),
    'l.csv',
    'url,likes\nhttp://a/1,20000\nhttp://a/2,-1\n',
    '--question',
    'likes',
  );
  t.deepEqual(
    (await likes.read()).map(({ mode, answer }) => [mode, answer]),
    [['likes', 20000]],
  );
});

test('what does not show what it is is refused before anything is written', async (t) => {
  const folder = await makeFolder(t);
  const cases = [
    [
      'a.csv',
      'key,score,likes\nx,1,2\n',
      [],
      /does not show in its columns \(key, score, likes\)\. Give --mode/,
    ],
    ['b.csv', 'rating\n5\n', [], /has no column of samples\. It has: rating/],
    ['c.csv', 'key,rating\nx,5\n', ['--columns', 'rater=who'], /has no column "who" for rater/],
    ['d.csv', 'key,rating\nx,99\n', [], /None of 1 rows is an answer\. 1 row is passed over \(bad-answer\)/],
    ['e.csv', 'key,rating\nx,5\n', ['--columns', 'likes=rating'], /--columns needs ROLE=COLUMN/],
    ['f.csv', 'key,rating\nx,5\n', ['--scale', '5,1'], /--scale needs the lowest and the highest/],
    ['g', 'key,rating\nx,5\n', [], /does not show in its name\. Say it with --input-format/],
  ] as const;
  for (const [name, content, flags, message] of cases) {
    const { exitCode, stderr, to } = await imported(folder, name, content, '--question', 'q', ...flags);
    t.is(exitCode, 2, name);
    t.regex(stderr, message);
    t.false(existsSync(to), name);
  }
  const bare = await imported(folder, 'i.csv', 'key,rating\n', '--question', 'q');
  t.is(bare.exitCode, 2);
  t.regex(bare.stderr, /not a single row.*\n\[BB_INPUT_EMPTY\]/);
  t.false(existsSync(bare.to));
  const unnamed = await imported(folder, 'h.csv', 'key,rating\nx,5\n');
  t.regex(unnamed.stderr, /None of 1 rows is an answer\. .*\(bad-question\)/);
});

/** As https://labelstud.io/guide/task_format and the pages of its tags Pairwise, Rating and Choices have them. */
const task = (id: number, data: object, annotations: readonly object[]) => ({
  id,
  data,
  annotations,
  predictions: [],
});
const annotation = (completed_by: unknown, type: string, value: object, more: object = {}) => ({
  ...{
    id: 7,
    completed_by,
    was_cancelled: false,
    created_at: '2026-05-01T10:00:00.728353Z',
    lead_time: 4.288,
  },
  ...{ result: [{ id: 'Dx', from_name: 'x', to_name: 'img', type, value }], ...more },
});

test("Label Studio's JSON export brings pairs, stars and choices with their annotators", async (t) => {
  const images = { image1: 'a.jpg', image2: 'b.jpg' };
  const tasks = [
    task(1, images, [
      annotation(3, 'pairwise', { selected: 'right' }),
      annotation(
        { id: 4, email: 'bob@example.com' },
        'pairwise',
        { selected: 'left' },
        { was_cancelled: true },
      ),
      annotation(3, 'rectanglelabels', { x: 1 }),
    ]),
    task(2, { image: 'c.jpg', width: 5 }, [
      annotation(3, 'rating', { rating: 4 }),
      annotation(3, 'choices', { choices: ['Keep'] }),
    ]),
    task(3, { image: 'd.jpg' }, [
      annotation(3, 'choices', { choices: ['Keep', 'Leave'] }),
      { id: 9, result: [] },
    ]),
  ];
  const { report, read } = await imported(
    await makeFolder(t),
    'p.json',
    JSON.stringify(tasks),
    '--question',
    'q',
    '--scale',
    '1,5',
  );
  t.like(report(), { rows: 5, saved: 4 });
  t.deepEqual(
    (await read()).map(({ id: _, question: _question, ...answer }) => answer),
    [
      {
        mode: 'pair',
        answer: 'right',
        left: { key: 'a.jpg' },
        right: { key: 'b.jpg' },
        rater: '3',
        time: '2026-05-01T10:00:00.728Z',
        tookMs: 4288,
      },
      {
        mode: 'pair',
        answer: 'skip',
        left: { key: 'a.jpg' },
        right: { key: 'b.jpg' },
        rater: 'bob@example.com',
        time: '2026-05-01T10:00:00.728Z',
        tookMs: 4288,
      },
      {
        mode: 'rating',
        answer: 7.5,
        sample: { key: 'c.jpg' },
        rater: '3',
        time: '2026-05-01T10:00:00.728Z',
        tookMs: 4288,
      },
      {
        mode: 'keep',
        answer: 'keep',
        sample: { key: 'c.jpg' },
        rater: '3',
        time: '2026-05-01T10:00:00.728Z',
        tookMs: 4288,
      },
    ],
  );
});

const HOSTILE = [
  pair('p1', {
    rater: '=cmd|calc',
    left: { key: '+1+2' },
    right: { key: 'a,"b"', hash: LARGE },
    queue: '@x',
    seed: 7,
    swapped: true,
    tookMs: 1.5,
  }),
  rating('r1', { rater: "'=2", sample: { key: '<img src=x onerror=alert(1)>' } }),
  // Sides under the name of the other one.
  pair('p2', { answer: 'right', left: { key: 'right' }, right: { key: 'left' } }),
  rating('r2', { rater: '-2+3', answer: 'skip', sample: { hash: '-5', key: '../../x' } }),
];

test('an export has the answers that stand, once, and an import of it brings them back the same, from every format', async (t) => {
  const folder = await makeFolder(t);
  const path = await writeFeedback(join(folder, 'a.jsonl'), [
    ...HOSTILE,
    rating('r9'),
    retraction('u', 'r9'),
    HOSTILE[0]!,
  ]);
  for (const format of ['csv', 'parquet', 'jsonl']) {
    const output = join(folder, `out.${format}`);
    const { stdout, stderr } = await runCli(['feedback', 'export', path, '--output', output, '--json']);
    t.like(JSON.parse(stdout), { answers: 4, format }, stderr);
    const to = join(folder, `${format}-again.jsonl`);
    const back = await runCli(['feedback', 'import', output, '--to', to]);
    t.regex(back.stdout, /4 answers added of 4 rows/, back.stderr);
    t.deepEqual((await readAnswers([to])).answers, HOSTILE, format);
  }
  const csv = await readFile(join(folder, 'out.csv'), 'utf8');
  t.regex(csv, /,'=cmd\|calc,/);
  t.regex(csv, /,'\+1\+2,/);
  t.regex(csv, /,'@x,/);
  t.regex(csv, /,''=2,/);
  t.regex(csv, /,'-2\+3,/);
  t.notRegex(csv, /(^|,)"?[=+@]/m);
  const [row] = await readParquet(join(folder, 'out.parquet'));
  t.is(row!['right_hash'], BigInt(LARGE));
  const refused = await runCli(['feedback', 'export', path, '--output', join(folder, 'out.csv')]);
  t.regex(refused.stderr, /BB_OUTPUT_EXISTS/);
});

test('an import into the file that it reads is refused', async (t) => {
  const path = await writeFeedback(join(await makeFolder(t), 'a.jsonl'), [pair('p1', { left: sample(4) })]);
  const own = await runCli(['feedback', 'import', path, '--to', path]);
  t.is(own.exitCode, 2);
  t.regex(own.stderr, /is an input of this command/);
});
