import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'ava';
import { removeTemporariesOf, temporaryPath } from '../../src/base/files.ts';
import { OutputFile } from '../../src/base/output-file.ts';
import { outputKindOf, subsetsIn } from '../../src/base/output-kinds.ts';
import { makeFolder } from '../helpers/make-folder.ts';

test('collections and watches are told from other folders, and no file is written among their parts', async (t) => {
  const folder = await makeFolder(t);
  for (const name of ['posts/shards', 'posts/updates', 'watched/feed', 'watched/runs'])
    await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'posts', 'collection.json'), '{}');
  await writeFile(join(folder, 'watched', 'watch.json'), '{}');
  t.is(outputKindOf(join(folder, 'posts')), 'a collection');
  t.is(outputKindOf(join(folder, 'watched')), 'a watch');
  for (const name of [
    'posts/known.bin',
    'posts/shards/000007.parquet',
    'posts/updates/000000.parquet',
    'watched/queue.jsonl',
  ])
    await t.throwsAsync(OutputFile.open(join(folder, name), true), { code: 'BB_OUTPUT_EXISTS' }, name);
  await (await OutputFile.open(join(folder, 'watched', 'taste.jsonl'), true)).discard();
});

test('of files that are written in one step, what killed processes left is removed, and nothing else', async (t) => {
  const folder = await makeFolder(t);
  const left = basename(temporaryPath(join(folder, 'known.bin')));
  const others = [
    'known.bin',
    basename(temporaryPath(join(folder, 'other.bin'))),
    '.known.bin.mine.tmp',
    '.output.x.tmp',
  ];
  for (const name of [left, ...others]) await writeFile(join(folder, name), '');
  await removeTemporariesOf(folder, ['known.bin', 'pause.json']);
  t.deepEqual((await readdir(folder)).toSorted(), others.toSorted());
});

test('a folder is one of subsets where it holds nothing else that is seen', async (t) => {
  const folder = await makeFolder(t);
  t.deepEqual(subsetsIn(folder), []);
  t.deepEqual(subsetsIn(join(folder, 'none')), []);
  for (const name of ['000001', '000000']) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'subset.json'), '{}');
  }
  await writeFile(join(folder, '.lock'), '');
  t.deepEqual(subsetsIn(folder), [join(folder, '000000'), join(folder, '000001')]);
  await writeFile(join(folder, 'picture.jpg'), '');
  t.deepEqual(subsetsIn(folder), []);
});
