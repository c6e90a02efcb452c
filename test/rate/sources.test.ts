import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { sampleId } from '../../src/feedback/answer.ts';
import type { RateOptions } from '../../src/rate/options.ts';
import { openSamples } from '../../src/rate/samples/open-samples.ts';
import type { RatedSamples } from '../../src/rate/samples/rated-samples.ts';
import { writePictures, writeRun } from '../browse/world.ts';
import { makeFolder, type Owner } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { tarOf } from '../helpers/tar-archive.ts';
import { writePhotos } from './world.ts';

async function open(t: Owner, source: string): Promise<RatedSamples> {
  const samples = await openSamples({
    ...{ source, feedback: 'x.jsonl', question: 'aesthetic', mode: 'pair', seed: 0, repeatShare: 0 },
    ...{ host: '127.0.0.1', port: 0, memoryLimitMb: 256, threads: 1, maxBytes: 1_000_000 },
  } satisfies RateOptions);
  t.teardown(() => samples.close());
  return samples;
}

const signal = new AbortController().signal;

test('the rows of a run that have a picture here are asked about, under their hashes and keys', async (t) => {
  const folder = await makeFolder(t);
  const run = await writeRun(folder, [
    { path: 'a.jpg', hash: -5n, caption: '<b>', aesthetic: 5 },
    { url: 'https://example.org/gone.jpg', hash: 6n, reason: 'http_not_found' },
    ...Array.from({ length: 9 }, () => ({ path: 'a.jpg', hash: 7n, aesthetic: 4 })),
    { path: 'b.jpg', hash: 8n, aesthetic: 3 },
  ]);
  await writePictures(folder, ['a.jpg', 'b.jpg']);
  const samples = await open(t, run);
  t.is(samples.title, 'run');
  t.deepEqual([...samples.pictured], [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  t.deepEqual(await samples.at([11, 0]), [
    { number: 11, name: { hash: '8', key: '000011' }, caption: null },
    { number: 0, name: { hash: '-5', key: '000000' }, caption: '<b>' },
  ]);
  const names = [{ hash: '7', key: '?' }, { key: '000011' }, { hash: '6' }, { hash: '99' }];
  const found = await samples.find(names);
  t.deepEqual(
    names.map((name) => found.get(sampleId(name))?.number),
    [2, 11, undefined, undefined],
  );
  t.is((await samples.webpOf(11, signal)).toString('latin1', 8, 12), 'WEBP');
});

test('images of a folder or of archives have the keys that score gives them', async (t) => {
  const folder = await makeFolder(t);
  const photos = await writePhotos(folder, 3);
  const listed = await open(t, photos);
  const found = await listed.at([0, 1, 2]);
  t.deepEqual(
    found.map(({ name }) => name.key),
    ['000000000', '000000001', '000000002'],
  );
  t.deepEqual(
    [...(await listed.find([found[2]!.name, { key: '000000001' }])).values()].map(({ number }) => number),
    [2, 1],
  );

  const tar = join(folder, 'some.tar');
  await writeFile(
    tar,
    tarOf([
      { name: 'x.jpg', content: await makePicture(9) },
      { name: 'x.txt', content: Buffer.from('a fish') },
    ]),
  );
  const packed = await open(t, tar);
  t.like((await packed.at([0]))[0], { caption: 'a fish', name: { key: '000000000' } });
  t.is((await packed.webpOf(0, signal)).toString('latin1', 8, 12), 'WEBP');
});

test('a source without any picture here is refused, and told what to do', async (t) => {
  const folder = await makeFolder(t);
  const run = await writeRun(folder, [
    { url: 'https://example.org/a.jpg', hash: 1n, reason: 'http_not_found' },
  ]);
  await t.throwsAsync(open(t, run), { code: 'BB_INPUT_EMPTY', message: /score with --save-images/ });
  await writeFile(join(folder, 'urls.csv'), 'url,caption\nhttps://example.org/a.jpg,a\n');
  await t.throwsAsync(open(t, join(folder, 'urls.csv')), {
    code: 'BB_INPUT_EMPTY',
    message: /score it with --save-images/,
  });
  await writeFile(join(folder, 'ratings.jsonl'), '{"key":"a","rating":3}\n');
  await t.throwsAsync(open(t, join(folder, 'ratings.jsonl')), {
    code: 'BB_COLUMN_MISSING',
    message: /has no column of images, .* Give the folder of a run, a folder of images, tar archives/,
  });
  await t.throwsAsync(open(t, await makeFolder(t)), {
    code: 'BB_INPUT_NOT_FOUND',
    message: /no images, tar archives or Parquet files/,
  });
  await t.throwsAsync(open(t, join(folder, 'nothing')), { code: 'BB_INPUT_NOT_FOUND' });
});
