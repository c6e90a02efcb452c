import test from 'ava';
import { findPictures, type PictureSearch } from '../../../src/tables/inputs/pictures.ts';
import { startS3Server } from '../../helpers/s3-server.ts';

const server = await startS3Server({ buckets: ['tars', 'photos', 'both', 'beside', 'tables', 'many'] });
Object.assign(process.env, server.environment);
test.after.always(() => server.stop());

const hold = (bucket: string, files: Readonly<Record<string, string>>): void => {
  for (const [key, content] of Object.entries(files)) server.hold(bucket, key, content);
};
hold('tars', {
  'd/00000.tar': 'x',
  'd/00000.parquet': 'x',
  'd/00000_stats.json': '{}',
  'd/s/00001.tar.gz': 'x',
});
hold('photos', {
  'p/a.jpg': 'x',
  'p/a.txt': 'http://h/1',
  'p/metadata.csv': 'x',
  'p/README.txt': 'about',
  'q/b.png': 'x',
});
hold('both', { 'a.jpg': 'x', 'b.tar': 'x' });
hold('beside', { 'a.jpg': 'x', 'list.csv': 'url\nhttp://h/1', 'deep/b.parquet': 'x' });
hold('tables', { 'd/a.parquet': 'x' });
// Of the last of the first thousand names, half are not seen.
for (let i = 0; i < 1001; i++)
  hold('many', { [`${String(i >> 1).padStart(4, '0')}.${i % 2 ? 'tar' : 'parquet'}`]: 'x' });

async function found(inputs: readonly string[], search: PictureSearch = {}): Promise<string[] | undefined> {
  const pictures = await findPictures(inputs, search);
  return pictures?.map(({ path, format }) => `${path} ${format}`);
}

test.serial(
  'what a prefix holds shows in its names: archives with what stands beside them, or images; tables are left to others',
  async (t) => {
    t.deepEqual(await found(['s3://tars/d']), [
      's3://tars/d/00000.tar webdataset',
      's3://tars/d/s/00001.tar.gz webdataset',
    ]);
    t.deepEqual(await found(['s3://tars/d/*.tar']), ['s3://tars/d/00000.tar webdataset']);
    const notes: string[] = [];
    const photos = await found(['s3://photos/p/', 's3://photos/q'], { onNote: (note) => notes.push(note) });
    t.deepEqual(photos, ['s3://photos/p images', 's3://photos/q images']);
    t.regex(notes.join(), /README\.txt beside them is no list of URLs/);
    t.is(await found(['s3://tables/d']), undefined);
    server.forgetCounts();
    t.is(await found(['s3://tables/d/a.parquet', 's3://tables/*']), undefined);
    t.is(server.counts.requests, 0);
  },
);

test.serial('one page of names says what a prefix of thousands holds', async (t) => {
  server.forgetCounts();
  const pictures = await found(['s3://many']);
  t.is(pictures?.length, 500);
  // One to see what it holds, and the listing of its archives.
  t.is(server.counts.byOperation.get('ListObjectsV2'), 1 + 2);
});

test.serial(
  'a prefix of images and archives, or with a list among them, is refused with the flags to give; with a flag it is read',
  async (t) => {
    await t.throwsAsync(found(['s3://both']), {
      code: 'BB_INPUT_FORMAT',
      message: /--input-format images, or/,
    });
    t.deepEqual(await found(['s3://both'], { inputFormat: 'images' }), ['s3://both images']);
    t.deepEqual(await found(['s3://both'], { inputFormat: 'webdataset' }), ['s3://both/b.tar webdataset']);
    await t.throwsAsync(found(['s3://beside']), {
      code: 'BB_INPUT_FORMAT',
      message: /s3:\/\/beside\/list\.csv/,
    });
    await t.throwsAsync(found(['s3://photos/p', 's3://photos'], { inputFormat: 'images' }), {
      code: 'BB_USAGE',
    });
  },
);

test.serial(
  'braces stand for prefixes and archives; where there is nothing, and where nothing is listed, that is said',
  async (t) => {
    t.deepEqual(await found(['s3://photos/{p,q}'], { inputFormat: 'images' }), [
      's3://photos/p images',
      's3://photos/q images',
    ]);
    await t.throwsAsync(found(['s3://tars/d/{00000..00002}.tar']), {
      code: 'BB_INPUT_NOT_FOUND',
      message: /2 are not there/,
    });
    await t.throwsAsync(found(['s3://photos/none'], { inputFormat: 'images' }), {
      code: 'BB_INPUT_NOT_FOUND',
    });
    await t.throwsAsync(found(['s3://photos/none'], { inputFormat: 'webdataset' }), {
      code: 'BB_INPUT_NOT_FOUND',
      message: /No tar archive is at/,
    });
    await t.throwsAsync(found(['http://127.0.0.1:1/p'], { inputFormat: 'images' }), {
      code: 'BB_INPUT_FORMAT',
      message: /lists no files/,
    });
  },
);
