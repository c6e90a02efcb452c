import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { RunFolder } from '../../src/runs/run-folder.ts';
import { makeFolder } from '../helpers/make-folder.ts';

test('folders for embeddings are made where embeddings are saved', async (t) => {
  const folder = new RunFolder(join(await makeFolder(t), 'out'));
  await folder.create({});
  t.deepEqual((await readdir(folder.path)).sort(), ['.staging', 'partials', 'stats', 'tags', 'thumbnails']);
  await folder.create({ saveEmbeddings: true });
  for (const name of ['img_emb', 'metadata']) t.true(existsSync(folder.file(name)), name);
});

test('a run that is to replace another knows the place where it will be', (t) => {
  const begun = new RunFolder('/out').overwriting;
  t.is(begun.tags(0), '/out/.overwrite/tags/00000.parquet');
  t.is(begun.publishedPath, '/out');
  t.is(new RunFolder('/out').publishedPath, '/out');
});

test('finished shards without a run.json are refused, and nothing else is', async (t) => {
  const folder = new RunFolder(await makeFolder(t));
  await t.notThrowsAsync(folder.refuseOrphans());
  await folder.create({});
  await writeFile(folder.tags(0), '');
  await t.notThrowsAsync(folder.refuseOrphans());
  await writeFile(folder.stats(0), '{}');
  await t.throwsAsync(folder.refuseOrphans(), { code: 'BB_RUN_CORRUPT', message: /no run\.json/ });
});

test('what was half written goes, wherever it lies; files and the requests for a lock stay', async (t) => {
  const folder = new RunFolder(await makeFolder(t));
  await folder.create({ saveEmbeddings: true });
  const halves = ['.run.json.1.tmp', 'tags/.00000.parquet.2.tmp', 'img_emb/.x.3.tmp', '.staging/.y.4.tmp'];
  const stay = ['.lock.5.tmp', 'tags/00000.parquet', '.staging/z.parquet'];
  for (const name of [...halves, ...stay]) await writeFile(folder.file(name), '');
  await folder.removeTemporaries();
  t.deepEqual(
    [...halves, ...stay].filter((name) => existsSync(folder.file(name))),
    stay,
  );
});
