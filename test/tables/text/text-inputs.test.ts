import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import type { BowerbirdError } from '../../../src/base/errors.ts';
import type { RunPlan } from '../../../src/shards/plan.ts';
import { murmur3LowBits } from '../../helpers/murmur3-bigint.ts';
import { plan, type ReadShard, readAll, readRows, temporaryFolder } from '../../shards/fixtures.ts';

interface TextRun {
  readonly folder: string;
  readonly plan: RunPlan;
  readonly shard: ReadShard;
  /** The staged rows, read by hyparquet. */
  readonly rows: Record<string, unknown>[];
}

async function readText(t: ExecutionContext, name: string, content: string | Buffer): Promise<TextRun> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, name), content);
  const runPlan = await plan(folder, join(folder, name));
  const [shard] = await readAll(t, folder, runPlan);
  return { folder, plan: runPlan, shard: shard!, rows: await readRows(runPlan.inputs[0]!.readPath) };
}

function typesOf(runPlan: RunPlan): string[] {
  return runPlan.schema.map(({ name, type }) => `${name} ${type}`);
}

const CSV = [
  'url,text,hash,punsafe,WIDTH,zip',
  'http://a/1,"one, ""two""\r\nthree",9223372036854775807,0.25,640,007',
  '"http://b/2",,-9223372036854775808,nan,,1',
  '\uFEFFhttp://c/3,\uFEFFx,9007199254740993,1e-3,3,2',
  '',
].join('\r\n');

test('csv: quotes, delimiters and line ends in fields, exact 64-bit hashes, numbers, nulls', async (t) => {
  const { plan: runPlan, shard, rows } = await readText(t, 'a.csv', CSV);
  t.deepEqual(shard.urls, ['http://a/1', 'http://b/2', '\uFEFFhttp://c/3']);
  t.deepEqual(
    [...shard.hashes],
    [9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n, 9_007_199_254_740_993n],
  );
  t.deepEqual(shard.tags.punsafe, Float32Array.of(0.25, Number.NaN, 0.001));
  t.is(rows[0]?.['text'], 'one, "two"\r\nthree');
  t.is(rows[1]?.['text'], null);
  t.deepEqual(typesOf(runPlan), [
    'url VARCHAR',
    'text VARCHAR',
    'hash BIGINT',
    'punsafe DOUBLE',
    'WIDTH BIGINT',
    'zip VARCHAR',
  ]);
});

test('tsv and gzip, told by its content: the same rows as plain', async (t) => {
  const content = 'URL\tTEXT\nhttp://a/\tone, two\nhttp://b/\t\n';
  for (const [name, bytes] of [
    ['a.tsv', content],
    ['a.tsv.gz', gzipSync(content)],
    ['b.tsv', gzipSync(content)],
  ] as const) {
    const { shard, rows } = await readText(t, name, bytes);
    t.deepEqual(shard.urls, ['http://a/', 'http://b/']);
    t.deepEqual(
      rows.map((row) => row['TEXT']),
      ['one, two', null],
    );
  }
});

test('jsonl: exact integers, escapes, nested values, keys that come late or never', async (t) => {
  const lines = [
    '{"url": "http://a/", "caption": "\\u00e9 \\ud83d\\ude00", "hash": 9007199254740993, "a/b~c": 1}',
    '{"url": "\\ufeffhttp://b/", "caption": null, "hash": -9223372036854775808, "punsafe": NaN}',
    '',
    '{"hash": 3, "caption": 2012, "url": "http://c/", "more": {"x": [1]}, "punsafe": 0.5}',
  ];
  const { plan: runPlan, shard, rows } = await readText(t, 'a.jsonl', lines.join('\n'));
  t.deepEqual(shard.urls, ['http://a/', '\uFEFFhttp://b/', 'http://c/']);
  t.deepEqual([...shard.hashes], [9_007_199_254_740_993n, -9_223_372_036_854_775_808n, 3n]);
  t.deepEqual(shard.tags.punsafe, Float32Array.of(Number.NaN, Number.NaN, 0.5));
  t.deepEqual(
    rows.map((row) => row['caption']),
    ['é 😀', null, '2012'],
  );
  t.is(rows[2]?.['more'], '{"x":[1]}');
  t.deepEqual(typesOf(runPlan), [
    'url VARCHAR',
    'caption VARCHAR',
    'hash BIGINT',
    'a/b~c BIGINT',
    'punsafe DOUBLE',
    'more VARCHAR',
  ]);
});

test('txt: one URL a line, blank lines left out', async (t) => {
  const { plan: runPlan, shard } = await readText(
    t,
    'a.txt.gz',
    gzipSync('http://a/,"\r\n\r\n\nhttp://b/\tx\nhttp://c/'),
  );
  t.deepEqual(shard.urls, ['http://a/,"', 'http://b/\tx', 'http://c/']);
  t.deepEqual(runPlan.columns, { url: 'url' });
  t.is(shard.hashes[2], murmur3LowBits(Buffer.from('http://c/')));
});

test('captions that look like numbers are hashed as they are written', async (t) => {
  const { shard } = await readText(t, 'a.csv', 'url,caption\nhttp://a/,2012\nhttp://b/,1.50\n');
  t.deepEqual(
    [...shard.hashes],
    ['http://a/2012', 'http://b/1.50'].map((text) => murmur3LowBits(Buffer.from(text))),
  );
});

test("a byte order mark that opens a text file is the file's, not the first name's", async (t) => {
  const csv = await readText(t, 'a.csv', '\uFEFFurl\nhttp://a/\n');
  t.deepEqual(csv.shard.urls, ['http://a/']);
  const txt = await readText(t, 'a.txt', '\uFEFF\uFEFFhttp://a/\n');
  t.deepEqual(txt.shard.urls, ['\uFEFFhttp://a/']);
});

test('lines that break the format become rows without a URL and are counted', async (t) => {
  const csv = await readText(t, 'a.csv', 'url,caption\nhttp://a/,x\nhttp://b/\nhttp://c/,y,z\nhttp://d/,w\n');
  t.deepEqual(csv.shard.urls, ['http://a/', null, null, 'http://d/']);
  t.is(csv.plan.inputs[0]?.malformedRowCount, 2);
  const jsonl = await readText(
    t,
    'a.jsonl',
    '{"url":"http://a/"}\n{"url":"http://b/\n[1]\n"x"\n{"url":"http://c/"}\n',
  );
  t.deepEqual(jsonl.shard.urls, ['http://a/', null, null, null, 'http://c/']);
  t.is(jsonl.plan.inputs[0]?.malformedRowCount, 3);
});

test('URLs that are lists in JSON are refused, as lists in Parquet are; a single one costs its row', async (t) => {
  const nested = readText(t, 'a.jsonl', '{"url":["http://a/"]}\n{"url":null}\n');
  await t.throwsAsync(nested, { code: 'BB_SCHEMA_MISMATCH', message: /"url".*lists or objects/ });
  const { shard } = await readText(t, 'b.jsonl', '{"url":["http://a/"]}\n{"url":"http://b/"}\n');
  t.deepEqual(shard.urls, ['["http://a/"]', 'http://b/']);
  await t.throwsAsync(readText(t, 'c.csv', 'url,hash\n1,2\n'), {
    code: 'BB_SCHEMA_MISMATCH',
    message: /c\.csv: the column "url".*BIGINT, not text/,
  });
});

test('a quote that is never closed is refused with its file and line', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.csv');
  await writeFile(path, `url,caption\nhttp://a/,x\nhttp://b/,"y\n${'http://c/,z\n'.repeat(1000)}`);
  const error = await t.throwsAsync<BowerbirdError>(plan(folder, path), { code: 'BB_INPUT_FORMAT' });
  t.true(error?.message.startsWith(`${path}, line 3:`));
});

test('a file of another format than said is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.jsonl');
  await writeFile(path, 'url,caption\nhttp://a/,x\n');
  await t.throwsAsync(plan(folder, path), { code: 'BB_INPUT_FORMAT', message: /a\.jsonl, line 1/ });
});

test('an empty csv and a gzip stream that is cut are refused by name', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a.csv'), '');
  await t.throwsAsync(plan(folder, join(folder, 'a.csv')), {
    code: 'BB_INPUT_EMPTY',
    message: /a\.csv \(empty, 0 bytes\)/,
  });
  const packed = gzipSync('http://a/\n'.repeat(10_000));
  await writeFile(join(folder, 'b.txt.gz'), packed.subarray(0, packed.length - 20));
  await t.throwsAsync(plan(folder, join(folder, 'b.txt.gz')), {
    code: 'BB_INPUT_UNREADABLE',
    message: /b\.txt\.gz/,
  });
});

test('a text file is converted once; other content under its name is converted anew', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.txt');
  await writeFile(path, 'http://a/\n');
  const first = await plan(folder, path);
  t.deepEqual(await plan(folder, path), first);
  await writeFile(path, 'http://b/\n');
  const second = await plan(folder, path);
  t.not(second.inputs[0]?.fingerprint, first.inputs[0]?.fingerprint);
  const [shard] = await readAll(t, folder, second);
  t.deepEqual(shard?.urls, ['http://b/']);
  const staged = await readdir(join(folder, 'staging'));
  t.deepEqual(staged.map((name) => name.replace(/^[0-9a-f]{64}/, 'X')).sort(), [
    'X-txt.json',
    'X-txt.json',
    'X-txt.parquet',
    'X-txt.parquet',
  ]);
});

test('rows keep their order over many batches, and text meets Parquet in one run', async (t) => {
  const folder = await temporaryFolder(t);
  const urls = Array.from({ length: 30_000 }, (_, i) => `http://host/${i}/${'é'.repeat(i % 50)}`);
  await writeFile(join(folder, 'a.csv'), `url,hash\n${urls.map((url, i) => `${url},${i}\n`).join('')}`);
  await writeFile(join(folder, 'b.txt'), urls.join('\n'));
  const shards = await readAll(
    t,
    folder,
    await plan(folder, [join(folder, '*.{csv,txt}')], { samplesPerShard: 7000 }),
  );
  t.deepEqual(
    shards.flatMap((shard) => [...shard.urls]),
    [...urls, ...urls],
  );
  t.deepEqual([...shards[1]!.hashes.slice(0, 2)], [7000n, 7001n]);
  t.is(shards.at(-1)?.hashes.at(-1), murmur3LowBits(Buffer.from(urls.at(-1)!)));
});
