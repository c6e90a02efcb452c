import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parquetMetadata } from 'hyparquet';
import { parquetWriteFile } from 'hyparquet-writer';
import type { RunPlan } from '../../src/shards/plan.ts';
import { ROW_PROBLEMS, type RowProblem } from '../../src/shards/row-problems.ts';
import { withoutTextTypes } from '../../src/tables/inputs/footer-bytes.ts';
import {
  duck,
  openDatabase,
  PROVENANCE,
  plan,
  readAll,
  readRows,
  resultsOf,
  temporaryFolder,
} from '../shards/fixtures.ts';

interface Read {
  readonly urls: readonly (string | null)[];
  readonly hashes: readonly bigint[];
  /** Row number within the run and what is wrong with it. */
  readonly unread: readonly (readonly [number, RowProblem])[];
}

async function readMarked(
  t: ExecutionContext,
  folder: string,
  runPlan: RunPlan,
  notes: string[] = [],
): Promise<Read> {
  const database = await openDatabase(t, folder, { skipBadRows: true, onNote: (note) => notes.push(note) });
  const urls: (string | null)[] = [];
  const hashes: bigint[] = [];
  const unread: [number, RowProblem][] = [];
  for await (const shard of database.readShards(runPlan, new Set(runPlan.shards.map(({ id }) => id)))) {
    for (const [index, { reason }] of shard.unread) unread.push([urls.length + index, reason]);
    urls.push(...shard.urls);
    hashes.push(...shard.hashes);
    await shard.release();
  }
  return { urls, hashes, unread: unread.sort(([a], [b]) => a - b) };
}

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const;

test('a text that is not UTF-8 costs its row, in whichever text column it stands, and no other', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.parquet');
  const rowCount = 5000;
  const broken = Buffer.from([0x68, 0xe9, 0x2f]);
  const column = (name: string, bad: number): Buffer[] =>
    Array.from({ length: rowCount }, (_, i) => (i === bad ? broken : Buffer.from(`${name} é ${i}`)));
  const rows = { url: column('u', 3000), caption: column('c', 17), other: column('o', 4999) };
  const columnData = Object.entries(rows).map(([name, data]) => ({ name, data }));
  const schema = [{ name: 'root', num_children: 3 }, ...columnData.map(({ name }) => ({ name, ...TEXT }))];
  parquetWriteFile({ filename: path, columnData, schema, rowGroupSize: 2000 });

  const notes: string[] = [];
  const runPlan = await plan(folder, path, { samplesPerShard: 1500 });
  const read = await readMarked(t, folder, runPlan, notes);
  t.deepEqual(
    read.unread,
    [17, 3000, 4999].map((row) => [row, 'input_not_utf8'] as const),
  );
  t.is(read.urls.length, rowCount);
  t.deepEqual(
    read.urls,
    rows.url.map((text, i) => (i === 3000 ? null : text.toString('utf8'))),
  );
  t.is(notes.length, 1);
  t.regex(notes[0]!, /a\.parquet has texts that are not UTF-8/);
});

test('a row whose text is not UTF-8 keeps its other columns in the tags', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.parquet');
  parquetWriteFile({
    filename: path,
    columnData: [
      { name: 'url', data: [Buffer.from('http://a/'), Buffer.from('http://b/')] },
      { name: 'caption', data: [Buffer.from([0xff]), Buffer.from('ü')] },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'url', ...TEXT },
      { name: 'caption', ...TEXT },
    ],
  });
  const database = await openDatabase(t, folder);
  const runPlan = await plan(folder, path);
  for await (const shard of database.readShards(runPlan, new Set([0]))) {
    await shard.writeTags(join(folder, 'tags.parquet'), resultsOf(2), PROVENANCE);
    await shard.release();
  }
  const tags = await readRows(join(folder, 'tags.parquet'));
  t.deepEqual(
    tags.map(({ url, caption }) => [url, caption]),
    [
      ['http://a/', null],
      ['http://b/', 'ü'],
    ],
  );
});

test('bytes of a binary column of URLs or captions that are not UTF-8 cost their row; other binary columns hold anything', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.parquet');
  await duck(`COPY (SELECT * FROM (VALUES ('http://a/caf\\xE9'::BLOB, 'x'::BLOB, '\\xFF'::BLOB),
    ('http://b/'::BLOB, '\\xFF'::BLOB, 'x'::BLOB), ('http://c/'::BLOB, NULL, '\\xFF'::BLOB))
    AS t(url, caption, more)) TO '${path}' (FORMAT parquet)`);
  const read = await readMarked(t, folder, await plan(folder, path));
  t.deepEqual(read.unread, [
    [0, 'input_not_utf8'],
    [1, 'input_not_utf8'],
  ]);
  t.deepEqual(read.urls.slice(1), ['http://b/', 'http://c/']);
});

test('a footer without its text types is the same footer otherwise, nested texts included', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.parquet');
  await duck(`COPY (SELECT 'x' AS url, ['y'] AS list, {'z': 'w', 'n': 1} AS struct, 5 AS n, 'v'::BLOB AS blob,
    MAP {'k': 'v'} AS map, 'tail' AS tail, true AS flag) TO '${path}' (FORMAT parquet)`);
  const bytes = await readFile(path);
  const length = bytes.readUInt32LE(bytes.length - 8);
  const start = bytes.length - 8 - length;
  const changed = withoutTextTypes(bytes.subarray(start, bytes.length - 8));
  const trailer = Buffer.alloc(8, 'PAR1', 'latin1');
  trailer.writeUInt32LE(changed.length, 0);
  trailer.write('PAR1', 4, 'latin1');
  const rebuilt = Buffer.concat([bytes.subarray(0, start), changed, trailer]);
  const metadataOf = (file: Buffer): ReturnType<typeof parquetMetadata> =>
    parquetMetadata(file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer);
  const before = metadataOf(bytes);
  const after = metadataOf(rebuilt);
  const textual = ['url', 'tail'];
  const expected = before.schema.map((element, i) => {
    if (!textual.includes(element.name) || i === 0) return element;
    const { converted_type: _, logical_type: __, ...rest } = element;
    return rest;
  });
  const plain = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each)));
  t.deepEqual(plain(after.schema), plain(expected));
  t.deepEqual(
    plain(after.row_groups.map(({ num_rows }) => num_rows)),
    plain(before.row_groups.map(({ num_rows }) => num_rows)),
  );
  const stats = (metadata: typeof before): unknown =>
    plain(
      metadata.row_groups.flatMap(({ columns }) => columns.map((chunk) => chunk.meta_data?.data_page_offset)),
    );
  t.deepEqual(stats(after), stats(before));
});

/** Row groups of 4096 rows in pages of 512; in the second group, a page in the middle of the URLs is overwritten. */
async function damagedFile(folder: string): Promise<{ path: string; urls: string[] }> {
  const path = join(folder, 'damaged.parquet');
  const urls = Array.from({ length: 3 * 4096 }, (_, i) => `http://host/${i}/${(i * 7919) % 10007}`);
  const caption = urls.map((_, i) => `caption ${i}`);
  parquetWriteFile({
    filename: path,
    columnData: [
      { name: 'url', data: urls, type: 'STRING', encoding: 'PLAIN' },
      { name: 'caption', data: caption, type: 'STRING', encoding: 'PLAIN' },
    ],
    rowGroupSize: 4096,
    pageSize: 16_384,
  });
  const bytes = await readFile(path);
  const at = bytes.indexOf(urls[4096 + 3000]!);
  // In snappy's pages a text stands as it is only where it is new; a run of ones is no right length anywhere.
  bytes.fill(0xff, at > 0 ? at - 64 : offsetOf(bytes), (at > 0 ? at - 64 : offsetOf(bytes)) + 400);
  await writeFile(path, bytes);
  return { path, urls };
}

function offsetOf(bytes: Buffer): number {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const chunk = parquetMetadata(file).row_groups[1]!.columns[0]!.meta_data!;
  return Number(chunk.data_page_offset) + Math.floor((Number(chunk.total_compressed_size) * 3) / 4);
}

test('a page that is damaged ends the run with the way on, or costs rows that are counted, the same at every reading', async (t) => {
  const folder = await temporaryFolder(t);
  const { path, urls } = await damagedFile(folder);
  const runPlan = await plan(folder, path, { samplesPerShard: 1000 });
  await t.throwsAsync(readAll(t, folder, runPlan), {
    code: 'BB_SHARD_READ',
    message: /damaged\.parquet.*--skip-bad-files/,
  });
  const notes: string[] = [];
  const read = await readMarked(t, folder, runPlan, notes);
  t.is(read.urls.length, urls.length);
  t.true(read.unread.length > 0 && read.unread.length <= 4096, String(read.unread.length));
  const lost = new Set(read.unread.map(([row]) => row));
  t.true([...lost].every((row) => row >= 4096 && row < 8192));
  t.true(read.unread.every(([, reason]) => reason === 'input_unreadable'));
  for (const [row, url] of read.urls.entries()) {
    if (url !== (lost.has(row) ? null : urls[row])) t.fail(`row ${row}: ${url}`);
  }
  t.regex(notes.join('\n'), /damaged\.parquet.*input_unreadable/);
  t.deepEqual(await readMarked(t, folder, runPlan), read);
});

test('a damaged page is no fault of shards that lie elsewhere in its file: each of them is read, alone and before it', async (t) => {
  const folder = await temporaryFolder(t);
  const { path, urls } = await damagedFile(folder);
  const runPlan = await plan(folder, path, { samplesPerShard: 1000 });
  const { unread } = await readMarked(t, folder, runPlan, []);
  const [firstLost, lastLost] = [unread[0]![0], unread.at(-1)![0]];
  const isLost = ({ firstRow, rowCount }: { firstRow: number; rowCount: number }): boolean =>
    firstRow <= lastLost && firstLost < firstRow + rowCount;
  t.true(runPlan.shards.filter(isLost).length < 5);
  for (const spec of runPlan.shards) {
    const alone = readAll(t, folder, runPlan, new Set([spec.id]));
    if (isLost(spec)) await t.throwsAsync(alone, { code: 'BB_SHARD_READ' });
    else t.deepEqual((await alone)[0]!.urls, urls.slice(spec.firstRow, spec.firstRow + spec.rowCount));
  }
  const database = await openDatabase(t, folder);
  const read: number[] = [];
  const readOn = async (): Promise<void> => {
    for await (const shard of database.readShards(runPlan, new Set(runPlan.shards.map(({ id }) => id)))) {
      read.push(shard.spec.id);
      await shard.release();
    }
  };
  await t.throwsAsync(readOn(), { code: 'BB_SHARD_READ' });
  t.deepEqual(
    read,
    runPlan.shards.slice(0, runPlan.shards.findIndex(isLost)).map(({ id }) => id),
  );
});

test('what is wrong with a row has numbers of its own', (t) => {
  t.is(new Set(Object.values(ROW_PROBLEMS)).size, Object.keys(ROW_PROBLEMS).length);
  t.false((Object.values(ROW_PROBLEMS) as number[]).includes(0));
});

test('--skip-bad-files passes over what cannot be opened or does not fit, and names it; without it the first ends the plan', async (t) => {
  const folder = await temporaryFolder(t);
  const write = (name: string, content: string | Buffer): Promise<void> =>
    writeFile(join(folder, name), content);
  await duck(`COPY (SELECT 'http://a/' AS url, 1 AS n) TO '${folder}/a.parquet' (FORMAT parquet)`);
  await duck(
    `COPY (SELECT 'http://z/' AS url, 'text' AS n) TO '${folder}/b-other-type.parquet' (FORMAT parquet)`,
  );
  await duck(`COPY (SELECT 5 AS n) TO '${folder}/c-no-url.parquet' (FORMAT parquet)`);
  const bytes = await readFile(join(folder, 'a.parquet'));
  await write('d-cut.parquet', bytes.subarray(0, bytes.length - 20));
  await write('e-empty.parquet', '');
  await write('f-page.parquet', '<!DOCTYPE html><html><body>404</body></html>');
  await write(
    'g-pointer.parquet',
    'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
  );
  await write('h-error.csv', '{"error":"Repository not found"}');
  await write('i-quote.csv', 'url,n\n"http://b/,1\n');
  await write('j-packed.csv', Buffer.from('BZh91AY&SY and so on'));
  await write('k-good.csv', 'url,n\nhttp://c/,2\n');
  const error = await t.throwsAsync(plan(folder, folder));
  t.regex(error!.message, /--skip-bad-files/);
  const { badFiles, inputs } = await plan(folder, folder, { skipBadFiles: true });
  t.deepEqual(
    inputs.map(({ path }) => path),
    ['a.parquet', 'k-good.csv'].map((name) => join(folder, name)),
  );
  const expected = [
    ['b-other-type.parquet', /Column "n" is/],
    ['c-no-url.parquet', /has no column "url"/],
    ['d-cut.parquet', /cut short/],
    ['e-empty.parquet', /is empty \(0 bytes\)/],
    ['f-page.parquet', /is an HTML page/],
    ['g-pointer.parquet', /is a Git LFS pointer.*git lfs pull/],
    ['h-error.csv', /is a JSON text.*Repository not found/],
    ['i-quote.csv', /line 2: a quote opens here/],
    ['j-packed.csv', /packed with bzip2/],
  ] as const;
  t.deepEqual(
    badFiles.map(({ path }) => path),
    expected.map(([name]) => join(folder, name)),
  );
  for (const [i, [, message]] of expected.entries()) t.regex(badFiles[i]!.message, message);
  await t.throwsAsync(plan(folder, join(folder, '[d-g]*.parquet'), { skipBadFiles: true }), {
    code: 'BB_INPUT_UNREADABLE',
    message: /All files are bad/,
  });
});
