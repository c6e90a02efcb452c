import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makeFolder } from '../helpers/make-folder.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { mountSmallDisk } from '../helpers/small-disk.ts';

test('a disk that is full or read-only ends a command by its code, and nothing is left', async (t) => {
  const disk = await mountSmallDisk(t, 1);
  if (!disk) return;
  const inputs = await makeFolder(t);
  const scores = join(inputs, 'scores.csv');
  await writeFile(scores, 'hash,aesthetic\n1,5\n');
  const urls = join(inputs, 'urls.txt');
  await writeFile(urls, 'http://127.0.0.1:1/a.jpg\n');
  await writeFile(join(disk.path, 'fill'), Buffer.alloc(2 ** 20)).catch(() => undefined);
  const score = ['score', urls, ...LOOPBACK_FLAGS, '--output-folder', disk.path];
  const page = ['buckets', scores, '--html', join(disk.path, 'page.html')];
  for (const code of ['BB_DISK_FULL', 'BB_DISK_FULL', 'BB_OUTPUT_FOLDER', 'BB_OUTPUT_WRITE'].entries()) {
    if (code[0] === 2) await disk.makeReadOnly();
    const { stderr } = await runCli(code[0] % 2 === 0 ? score : page);
    t.true(stderr.includes(`[${code[1]}]`), stderr);
    t.deepEqual(await readdir(disk.path), ['fill']);
  }
});
