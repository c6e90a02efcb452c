import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makeFolder } from '../helpers/make-folder.ts';
import { runCli } from '../helpers/run-cli.ts';

const LIKES = [0, 1, 1, 2, 3, 5, 8, 13, 40, 100, 250, 1000, 20000];

test('transforms prints errors by count, and with --json all of them', async (t) => {
  const text = await runCli(['transforms']);
  t.is(text.exitCode, 0, text.stderr);
  t.regex(text.stdout, /off by 10 % of itself means in counts, from 200 to 20000 \(100 counts, linear\)/);
  t.regex(text.stdout, /log1p +10982\.25\nsqrt-log +1664\.97\ncbrt-log +2299\.06\n/);
  const { errors } = JSON.parse(
    (await runCli(['transforms', '--from', '1', '--spacing', 'log', '--points', '7', '--json'])).stdout,
  );
  t.deepEqual(
    errors.map(({ points }: { points: unknown[] }) => points.length),
    [7, 7, 7],
  );
});

test('a column of likes is described before and after each transform, and what is no count is left out and told', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'posts.csv');
  const page = join(folder, 'page.html');
  const name = '<b>likes</b>';
  await writeFile(
    path,
    `id,${name}\n${[...LIKES, '', 'many', -3].map((likes, i) => `${i},${likes}`).join('\n')}\n`,
  );
  const fit = ['transforms', '--fit', path, '--column', name];
  const text = await runCli([...fit, '--html', page]);
  t.is(text.exitCode, 0, text.stderr);
  t.regex(
    text.stdout,
    /13 counts; left out: 1 rows without a value, 2 with something else than a number from 0 on/,
  );
  t.regex(
    text.stdout,
    /none +1647\.923 +5304\.359 +8\.000 +3\.162 +8\.029\nlog1p +3\.167 +2\.776 +2\.197 +1\.059 +0\.239/,
  );
  const html = await readFile(page, 'utf8');
  t.true(html.includes('&lt;b&gt;likes&lt;/b&gt;'));
  t.false(html.includes('<b>'));
  t.is(html.match(/<svg /g)?.length, 2 * (2 + 4));
  t.notRegex(html, /NaN|undefined|<script|style="/);
  const json = JSON.parse((await runCli([...fit, '--json'])).stdout);
  t.like(json.fit, { rows: 16, counts: 13, withoutValue: 1, noCount: 2 });
});

test('what cannot be is refused', async (t) => {
  const path = join(await makeFolder(t), 'posts.csv');
  await writeFile(path, 'id,likes\na,b\n');
  const cases = [
    [['--from', '5', '--to', '5'], /--from 5 must be less than --to 5/],
    [['--from', '0', '--spacing', 'log'], /--spacing log needs --from above 0/],
    [['--to', '1e14', '--error', '1'], /stand for more than 2\^53/],
    [['--fit', path], /--fit FILE and --column NAME go together/],
    [['--fit', path, '--column', 'hearts'], /has no column "hearts"\. It has: id, likes/],
    [
      ['--fit', path, '--column', 'likes'],
      /Column "likes" of \S+ has no count: 0 of 1 rows have no value, 1 something else/,
    ],
  ] as const;
  for (const [flags, message] of cases) {
    const { exitCode, stderr } = await runCli(['transforms', ...flags]);
    t.is(exitCode, 2);
    t.regex(stderr, message);
  }
});
