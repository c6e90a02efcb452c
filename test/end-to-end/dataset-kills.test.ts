import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { writePostsTable } from '../helpers/posts-table.ts';
import { runCli, startCli } from '../helpers/run-cli.ts';

async function digestsOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const all = names.map(async (name) => {
    const digest = createHash('sha256').update(await readFile(join(folder, name)));
    return [name, digest.digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}

test('a dataset that is killed publishes nothing, and comes to the same bytes when it is made again', async (t) => {
  const folder = await makeFolder(t);
  const posts = join(folder, 'likes');
  await writeFile(join(folder, 'a.jpg'), await makePicture(1));
  await writePostsTable(
    posts,
    Array.from({ length: 400 }, (_, i) => ({
      ...{ postId: `p${i}`, user: `u${i % 3}`, likes: i, imagePath: join(folder, 'a.jpg') },
    })),
  );
  const argsOf = (output: string): string[] => [
    ...['posts', 'dataset', posts, '--output-folder', join(folder, output), '--image-size', '16'],
    ...['--repeated', '--processes', '1'],
  ];
  const whole = await runCli(argsOf('whole'));
  t.is(whole.exitCode, 0, whole.stderr);
  const killed = startCli(argsOf('killed'), { isDoomed: true });
  const isUnderWay = async (): Promise<boolean> => {
    const staging = (await readdir(folder)).find((name) => /^\.killed\..*\.tmp$/.test(name));
    return staging !== undefined && existsSync(join(folder, staging, 'spill', 'crops'));
  };
  while (!(await isUnderWay()) && killed.process.exitCode === null) await sleep(2);
  killed.process.kill('SIGKILL');
  t.is((await killed.ended).signal, 'SIGKILL');
  t.false(existsSync(join(folder, 'killed')));
  const again = await runCli(argsOf('killed'));
  t.is(again.exitCode, 0, again.stderr);
  t.deepEqual(await digestsOf(join(folder, 'killed')), await digestsOf(join(folder, 'whole')));
  t.deepEqual((await readdir(folder)).sort(), ['a.jpg', 'killed', 'likes', 'whole']);
});
