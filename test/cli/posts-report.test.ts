import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { makeFolder } from '../helpers/make-folder.ts';
import { writePostsTable } from '../helpers/posts-table.ts';
import { runCli } from '../helpers/run-cli.ts';

test('posts report writes a page, prints figures as text or JSON, and writes over nothing unasked', async (t) => {
  const folder = await makeFolder(t);
  const posts = join(folder, 'likes');
  const output = join(folder, 'likes.html');
  await writePostsTable(
    posts,
    Array.from({ length: 12 }, (_, i) => ({
      postId: `p${i}`,
      user: i % 3 === 0 ? 'ada' : 'bob',
      likes: i === 7 ? null : i,
    })),
    [{ user: 'ada', followers: 100 }],
  );
  const args = ['posts', 'report', posts, '--output', output];
  const printed = await runCli(args);
  t.is(printed.exitCode, 0, printed.stderr);
  t.regex(
    printed.stdout,
    /^page +\S+likes\.html\nposts +12 of 2 users, from 1970-01-01 to 1970-01-12\nlikes +1 hidden\n/,
  );
  t.regex(
    printed.stdout,
    /user +explains \d+\.\d % of the variance of 4 labels \(0\.0 % by chance\), standardised by followers/,
  );
  t.regex(printed.stdout, /repeats +none \(file\)\nrepeats +none \(hash\)\n$/);
  const page = readFileSync(output, 'utf8');
  t.regex(page, /<h1>likes<\/h1>/);
  t.regex(page, /bowerbird posts report \S+ --output \S+/);
  const again = await runCli(args);
  t.is(again.exitCode, 2);
  t.regex(again.stderr, /BB_OUTPUT_EXISTS/);
  const json = await runCli([...args, '--incremental-mode', 'overwrite', '--json', '--no-files']);
  const { totals, standardised, repeats } = JSON.parse(json.stdout);
  t.deepEqual([totals.posts, totals.likesHidden, standardised.length, repeats.length], [12, 1, 3, 1]);
  const part = await runCli(['posts', 'report', posts, '--output', join(posts, 'posts', 'x.html')]);
  t.regex(part.stderr, /BB_OUTPUT_EXISTS/);
  const none = await runCli(['posts', 'report', folder, '--output', join(folder, 'other.html')]);
  t.is(none.exitCode, 2);
  t.regex(none.stderr, /BB_POSTS_NOT_FOUND/);
});
