import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { BowerbirdError } from '../../src/base/errors.ts';
import { cutShards } from '../../src/shards/cut-shards.ts';
import { duck, plan, temporaryFolder, writeColumns } from './fixtures.ts';

test('shards cover every row once, in order, and never cross a file', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ rowCount: fc.nat(5000) }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 700 }),
      (inputs, samplesPerShard) => {
        const shards = cutShards(inputs, samplesPerShard);
        const next = inputs.map(() => 0);
        shards.forEach((shard, i) => {
          const fits = shard.id === i && shard.rowCount > 0 && shard.rowCount <= samplesPerShard;
          if (!fits || next[shard.inputIndex] !== shard.firstRow)
            throw new Error(`shard ${i} is out of place`);
          next[shard.inputIndex]! += shard.rowCount;
        });
        return inputs.every(({ rowCount }, i) => next[i] === rowCount);
      },
    ),
  );
  t.pass();
});

test('a plan is plain data and the same every time', async (t) => {
  const folder = await temporaryFolder(t);
  for (const name of ['b', 'a']) {
    await duck(
      `COPY (SELECT '${name}' || i AS url FROM range(25) AS r(i)) TO '${folder}/${name}.parquet' (FORMAT parquet)`,
    );
  }
  const messages: string[] = [];
  const runPlan = await plan(folder, folder, {
    samplesPerShard: 10,
    onProgress: (line) => messages.push(line),
  });
  t.deepEqual(JSON.parse(JSON.stringify(runPlan)), runPlan);
  t.deepEqual(
    await plan(folder, [join(folder, 'b.parquet'), join(folder, 'a.parquet')], { samplesPerShard: 10 }),
    runPlan,
  );
  t.deepEqual(
    runPlan.shards.map(({ inputIndex, firstRow, rowCount }) => [inputIndex, firstRow, rowCount]),
    [
      [0, 0, 10],
      [0, 10, 10],
      [0, 20, 5],
      [1, 0, 10],
      [1, 10, 10],
      [1, 20, 5],
    ],
  );
  t.is(runPlan.rowCount, 50);
  t.is(messages.at(-1), 'Read 2 of 2 input files');
});

test('the fingerprint of a Parquet file changes with its rows', async (t) => {
  const folder = await temporaryFolder(t);
  const prints = [];
  for (const value of ['a', 'a', 'b']) {
    await duck(`COPY (SELECT '${value}' AS url) TO '${folder}/x.parquet' (FORMAT parquet)`);
    prints.push((await plan(folder, join(folder, 'x.parquet'))).inputs[0]!.fingerprint);
  }
  t.is(prints[0], prints[1]);
  t.not(prints[0], prints[2]);
});

test('a Parquet file that is cut, empty or something else is refused by name', async (t) => {
  const folder = await temporaryFolder(t);
  await duck(`COPY (SELECT 'a' AS url FROM range(1000)) TO '${folder}/good.parquet' (FORMAT parquet)`);
  const good = await readFile(join(folder, 'good.parquet'));
  const brokenFooter = Buffer.from(good);
  brokenFooter.fill(0xff, good.length - 60, good.length - 20);
  for (const bytes of [
    good.subarray(0, good.length - 30),
    Buffer.alloc(0),
    Buffer.from('<html>'),
    brokenFooter,
  ]) {
    await writeFile(join(folder, 'bad.parquet'), bytes);
    const error = await t.throwsAsync<BowerbirdError>(plan(folder, folder), { code: 'BB_INPUT_UNREADABLE' });
    t.true(error?.message.startsWith(join(folder, 'bad.parquet')), error?.message);
  }
});

test('columns that do not meet are refused with both files', async (t) => {
  const folder = await temporaryFolder(t);
  await duck(`COPY (SELECT 'a' AS url, 1 AS WIDTH) TO '${folder}/a.parquet' (FORMAT parquet)`);
  await duck(`COPY (SELECT 'a' AS url, 'wide' AS WIDTH) TO '${folder}/b.parquet' (FORMAT parquet)`);
  await t.throwsAsync(plan(folder, folder), {
    code: 'BB_SCHEMA_MISMATCH',
    message: /"WIDTH" is INTEGER in .*a\.parquet but VARCHAR in .*b\.parquet/,
  });
});

test('a file without the URL column of the others is refused, an empty one is not', async (t) => {
  const folder = await temporaryFolder(t);
  await duck(`COPY (SELECT 'a' AS url) TO '${folder}/a.parquet' (FORMAT parquet)`);
  await duck(`COPY (SELECT 'a' AS link) TO '${folder}/b.parquet' (FORMAT parquet)`);
  await t.throwsAsync(plan(folder, folder), {
    code: 'BB_COLUMN_MISSING',
    message: /b\.parquet has no column "url".*link/,
  });
  await duck(`COPY (SELECT 'a' AS link LIMIT 0) TO '${folder}/b.parquet' (FORMAT parquet)`);
  t.is((await plan(folder, folder)).shards.length, 1);
});

test('a score is found where any file has a value of it, whatever the types of those that have none', async (t) => {
  const folder = await temporaryFolder(t);
  const write = (name: string, punsafe: string): Promise<unknown> =>
    duck(
      `COPY (SELECT 'u' || i AS url, ${punsafe} AS punsafe FROM range(25) AS r(i)) TO '${folder}/${name}.parquet' (FORMAT parquet)`,
    );
  await write('a', 'NULL::FLOAT');
  const partOf = async (): Promise<unknown> => {
    const { parts, columns } = await plan(folder, folder, {});
    const { column, empty_column } = parts.find(({ part }) => part === 'punsafe')!;
    t.is(columns.punsafe ?? null, column);
    return [column, empty_column];
  };
  t.deepEqual(await partOf(), [null, 'punsafe']);
  await write('b', 'CASE WHEN i = 24 THEN 0.5::FLOAT END');
  t.deepEqual(await partOf(), ['punsafe', null]);
});

test('a column of scores without a score is known without statistics, and by NaN and texts that stand for none', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.parquet');
  const url = { name: 'url', data: ['a', 'b', 'c'] };
  const partOf = async (name: string): Promise<unknown> => {
    const { column, empty_column } = (await plan(folder, join(folder, name))).parts.find(
      ({ part }) => part === 'punsafe',
    )!;
    return [column, empty_column];
  };
  const write = (data: unknown[], type: 'FLOAT' | 'STRING'): void =>
    writeColumns(path, [url, { name: 'punsafe', data, type, nullable: true }], { statistics: false });
  for (const data of [
    [null, null, null],
    [Number.NaN, null, Number.NaN],
  ]) {
    write(data, 'FLOAT');
    t.deepEqual(await partOf('a.parquet'), [null, 'punsafe'], String(data));
  }
  write(['NA', '', null] as never, 'STRING');
  t.deepEqual(await partOf('a.parquet'), [null, 'punsafe']);
  write([null, Number.NaN, 0.5], 'FLOAT');
  t.deepEqual(await partOf('a.parquet'), ['punsafe', null]);
  await writeFile(join(folder, 'b.csv'), 'url,punsafe\na,nan\nb,NA\n');
  t.deepEqual(await partOf('b.csv'), [null, 'punsafe']);
});

test('where no column has URLs, columns of images and of embeddings are told with the flag for them', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.parquet');
  for (const [sql, message] of [
    ["['x'::BLOB] AS image", /"image" holds BLOB\[\]: .* --image-col\. Name it with --url-col/],
    ["{'image': {'bytes': 'x'::BLOB, 'path': 'p'}} AS meta", /"meta" holds STRUCT.*--image-col/],
    ["'aGVsbG8=' AS image", /"image" holds text: of images in base64 write the bytes/],
    ["'x'::BLOB AS pic", /Where "pic" holds images, say --image-col pic\./],
    ['[1.5::FLOAT] AS e', /"e" holds lists of numbers: .*--input-format embeddings\./],
  ] as const) {
    await duck(`COPY (SELECT ${sql}) TO '${path}' (FORMAT parquet)`);
    await t.throwsAsync(plan(folder, path), { code: 'BB_COLUMN_MISSING', message });
  }
  await duck(
    `COPY (SELECT 'http://h' AS url, [1.5::FLOAT] AS image_embedding) TO '${path}' (FORMAT parquet)`,
  );
  const notes: string[] = [];
  await plan(folder, path, { onNote: (note) => notes.push(note) });
  t.regex(notes.join(), /"image_embedding" of .*a\.parquet is not looked at\. --input-format embeddings/);
  await plan(folder, path, { inputFormat: 'parquet', onNote: (note) => notes.push(note) });
  t.is(notes.length, 1, 'nobody is told who has said what it is');
});
