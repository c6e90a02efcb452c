import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { makeFolder } from '../helpers/make-folder.ts';
import { writePostsTable } from '../helpers/posts-table.ts';
import { runCli } from '../helpers/run-cli.ts';
import { valueProblems } from '../helpers/schemas.ts';

test('posts dataset prints what it made as text or JSON, and refuses what does not go together', async (t) => {
  const folder = await makeFolder(t);
  const posts = join(folder, 'posts');
  const output = join(folder, 'dataset');
  await writePostsTable(
    posts,
    Array.from({ length: 30 }, (_, i) => ({
      postId: `p${i}`,
      user: i % 3 === 0 ? 'ada' : 'bob',
      likes: i === 7 ? null : i,
    })),
  );
  const args = ['posts', 'dataset', posts, '--output-folder', output, '--no-images'];
  const printed = await runCli([...args, '--posts-per-user', 'least', '--label-transform', 'log1p']);
  t.is(printed.exitCode, 0, printed.stderr);
  const lines = printed.stdout.replace(/ {2,}/g, '  ').split('\n');
  t.deepEqual(
    lines.filter((line) => !/^(labels|user|validation|test) /.test(line)),
    [
      `dataset  ${output}`,
      'train  16 posts of 2 users',
      'images  none',
      'taken  20 of 30 posts',
      'left out  1 likes_hidden',
      'left out  9 over_balance',
      '',
    ],
  );
  t.regex(printed.stdout, /validation +2 posts of [12] users\ntest +2 posts of [12] users/);
  t.regex(
    printed.stdout,
    /labels +likes \/ likes of the user's most liked post, from \S+ to 1, mean .*; to be learned: log1p/,
  );
  t.regex(printed.stdout, /user +explains \d+\.\d % of the variance of labels \(5\.3 % by chance\)/);
  const again = await runCli(args);
  t.is(again.exitCode, 2);
  t.regex(again.stderr, /BB_OUTPUT_EXISTS/);
  const json = await runCli([...args, '--json', '--incremental-mode', 'overwrite', '--repeated']);
  t.deepEqual(valueProblems('dataset.schema.json', JSON.parse(json.stdout)), []);
  t.deepEqual(JSON.parse(json.stdout), JSON.parse(readFileSync(join(output, 'dataset.json'), 'utf8')));
  const elsewhere = ['posts', 'dataset', posts, '--output-folder', join(folder, 'other')];
  for (const [wrong, message] of [
    [[...elsewhere, '--likes-from', '9', '--likes-to', '3'], /must not be above/],
    [[...elsewhere, '--label-transform', 'square'], /--label-transform square cannot be used/],
    [[...elsewhere, '--question', 'Beauty!'], /is no name of a question/],
    [[...elsewhere, '--gate', 'run'], /needs --gate-from or --gate-below/],
    [[...elsewhere, '--gate-from', '5'], /needs --gate-from or --gate-below/],
    [[...elsewhere, '--no-images', '--image-size', '50'], /none is looked at/],
    [[...elsewhere, '--no-images', '--pictures-from', 'run'], /none is looked at/],
    [[...elsewhere, '--posts-per-user', 'most'], /posts-per-user/],
    [elsewhere, /29 image_missing.*BB_INPUT_EMPTY/s],
    [['posts', 'dataset', folder, '--output-folder', join(folder, 'other')], /BB_POSTS_NOT_FOUND/],
    [
      ['posts', 'dataset', posts, '--output-folder', join(posts, 'x'), '--no-images', '--likes-from', '29'],
      /BB_INPUT_EMPTY/,
    ],
  ] as const) {
    const refused = await runCli(wrong);
    t.is(refused.exitCode, 2, refused.stderr);
    t.regex(refused.stderr, message);
  }
  t.false(existsSync(join(folder, 'other')));
});
