import test from 'ava';
import { expandInputs } from '../../src/tables/inputs.ts';
import { startS3Server } from '../helpers/s3-server.ts';

const server = await startS3Server({ pageSize: 3 });
Object.assign(process.env, server.environment);
test.after.always(() => server.stop());

for (const key of [
  ...['d/00000.parquet', 'd/00001.parquet', 'd/00002.parquet', 'd/sub/00003.parquet', 'd/README.md'],
  ...[
    'd/_SUCCESS',
    'd/.hidden.parquet',
    'd/x.parquet.tmp',
    'd/half.tmp/part.parquet',
    'd/info.json',
    'd2/a.csv',
    'd2/b.csv',
    'e/a{1}.csv',
  ],
])
  server.hold('bucket', key, 'x');

async function found(...inputs: string[]): Promise<string[]> {
  return (await expandInputs(inputs)).map(
    ({ path, format }) => `${path.slice('s3://bucket/'.length)} ${format}`,
  );
}

test('a prefix is a folder with all below it; descriptions, markers, and hidden and temporary files and folders are none of it', async (t) => {
  const all = [
    ...['d/00000.parquet parquet', 'd/00001.parquet parquet', 'd/00002.parquet parquet'],
    'd/sub/00003.parquet parquet',
  ];
  t.deepEqual(await found('s3://bucket/d'), all);
  t.deepEqual(await found('s3://bucket/d/', 's3://bucket/d/00001.parquet'), all);
});

test('patterns stop at a slash, and list only what lies below their fixed part', async (t) => {
  server.forgetCounts();
  t.deepEqual(await found('s3://bucket/d/*.parquet'), [
    'd/00000.parquet parquet',
    'd/00001.parquet parquet',
    'd/00002.parquet parquet',
  ]);
  t.false(server.log.some(({ key }) => key.startsWith('d2/')));
  t.deepEqual(await found('s3://bucket/d/**/*3.parquet'), ['d/sub/00003.parquet parquet']);
  t.deepEqual(await found('s3://bucket/d[2-3]/*'), ['d2/a.csv csv', 'd2/b.csv csv']);
});

test('names in braces must all be there; an object of that very name is meant itself', async (t) => {
  t.deepEqual(await found('s3://bucket/d/{00000..00001}.parquet'), [
    'd/00000.parquet parquet',
    'd/00001.parquet parquet',
  ]);
  t.deepEqual(await found('s3://bucket/e/a{1}.csv'), ['e/a{1}.csv csv']);
  await t.throwsAsync(found('s3://bucket/d/{00000..00005}.parquet'), {
    code: 'BB_INPUT_NOT_FOUND',
    message: /stands for 6 names, of which 3 are not there: s3:\/\/bucket\/d\/00003\.parquet/,
  });
});

test('files are known by their sizes, each asked for once: in listings, by names, by braces', async (t) => {
  server.buckets.set('sizes', { objects: new Map(), uploads: new Map() });
  for (const size of [1, 2, 3, 4]) server.hold('sizes', `d/${size}.csv`, 'x'.repeat(size));
  server.hold('sizes', 'e/{5}.csv', 'x'.repeat(5));
  server.forgetCounts();
  const urls = [
    's3://sizes/d/1.csv',
    's3://sizes/d/{2..3}.csv',
    's3://sizes/d/[4].csv',
    's3://sizes/e/{5}.csv',
  ];
  const files = await expandInputs(urls);
  t.deepEqual(
    files.map(({ sizeBytes }) => sizeBytes),
    [1, 2, 3, 4, 5],
  );
  t.is(
    server.log.filter(({ operation, key }) => operation === 'HeadObject' && /\d\.csv$/.test(key)).length,
    3,
  );
});

test('what leads to nothing, and what is no table, is refused', async (t) => {
  await t.throwsAsync(found('s3://bucket/none'), {
    code: 'BB_INPUT_NOT_FOUND',
    message: /Nothing lies there/,
  });
  await t.throwsAsync(found('s3://bucket/d/*.md'), { code: 'BB_INPUT_NOT_FOUND', message: /1 other files/ });
  await t.throwsAsync(found('s3://bucket/d/README.md'), { code: 'BB_INPUT_FORMAT' });
});

test('a whole bucket is a folder too', async (t) => {
  server.buckets.set('whole', { objects: new Map(), uploads: new Map() });
  server.hold('whole', 'a.parquet', 'x');
  for (const url of ['s3://whole', 's3://whole/'])
    t.deepEqual(
      (await expandInputs([url])).map(({ path }) => path),
      ['s3://whole/a.parquet'],
    );
});
