import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { HashRows } from '../../src/samples/score-rows.ts';
import { HashRowReader } from '../../src/tables/hash-rows.ts';
import type { ColumnChoice } from '../../src/tables/parts.ts';
import { murmur3LowBits } from '../helpers/murmur3-bigint.ts';
import { duck, temporaryFolder } from '../shards/fixtures.ts';

interface Read {
  readonly rowCount: number;
  readonly batches: readonly HashRows[];
  /** null where the row has none. */
  readonly hashes: readonly (bigint | null)[];
}

async function read(t: ExecutionContext, path: string, choice: ColumnChoice = {}): Promise<Read> {
  const options = { memoryLimitMb: 128, temporaryFolder: await temporaryFolder(t) };
  const reader = await HashRowReader.open(path, choice, options);
  try {
    const batches: HashRows[] = [];
    for await (const rows of reader.rows()) batches.push(rows);
    const hashes = batches.flatMap(({ hashes, withoutHash }) =>
      [...hashes].map((hash, i) => (withoutHash[i] ? null : hash)),
    );
    return { rowCount: reader.rowCount, batches, hashes };
  } finally {
    reader.close();
  }
}

function hashOf(text: string): bigint {
  return murmur3LowBits(Buffer.from(text));
}

test('the hashes of all row groups come in the order of the file', async (t) => {
  const path = join(await temporaryFolder(t), 'in.parquet');
  await duck(
    `COPY (SELECT (i * 7919) % 150001 - 75000 AS hash FROM range(150000) AS r(i)) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 20480)`,
  );
  const { rowCount, batches, hashes } = await read(t, path);
  t.is(rowCount, 150_000);
  t.true(batches.length > 1);
  t.deepEqual(
    hashes,
    Array.from({ length: 150_000 }, (_, i) => BigInt(((i * 7919) % 150_001) - 75_000)),
  );
});

test('null hashes stay rows, and unsigned hashes keep their bits', async (t) => {
  const path = join(await temporaryFolder(t), 'in.parquet');
  const values = ['18446744073709551615', '9223372036854775808', 'NULL', '7', '0'];
  await duck(`COPY (SELECT unnest([${values.join(', ')}]::UBIGINT[]) AS HASH) TO '${path}' (FORMAT parquet)`);
  t.deepEqual((await read(t, path)).hashes, [-1n, -(2n ** 63n), null, 7n, 0n]);
});

test('where there is no URL, hashes are those of path and caption, unless a person names the URLs', async (t) => {
  const path = join(await temporaryFolder(t), 'in.parquet');
  await duck(`COPY (SELECT 'a/1.jpg' AS path, 'a tree' AS caption) TO '${path}' (FORMAT parquet)`);
  t.deepEqual((await read(t, path)).hashes, [hashOf('a/1.jpga tree')]);
  await t.throwsAsync(read(t, path, { urlColumn: 'link' }), { code: 'BB_COLUMN_MISSING' });
});

test('without a hash column hashes are those of URL and caption, null as the empty text', async (t) => {
  const path = join(await temporaryFolder(t), 'in.parquet');
  await duck(
    `COPY (SELECT * FROM (VALUES ('http://a/1.jpg', 'a tree'), ('http://é/2.jpg', NULL), (NULL, 'naïve 😀'), (NULL, NULL))
     AS rows(URL, TEXT)) TO '${path}' (FORMAT parquet)`,
  );
  const texts = ['http://a/1.jpga tree', 'http://é/2.jpg', 'naïve 😀', ''];
  t.deepEqual((await read(t, path)).hashes, texts.map(hashOf));
});

test('hashes may be decimal text of either range, and anything else is refused with its row or type', async (t) => {
  const path = join(await temporaryFolder(t), 'in.parquet');
  const write = (rows: string): Promise<void> => duck(`COPY (${rows}) TO '${path}' (FORMAT parquet)`);
  await write(
    "SELECT unnest(['-5', ' 7 ', '9223372036854775807', '18446744073709551615', '0007', NULL, '']) AS hash",
  );
  t.deepEqual((await read(t, path)).hashes, [-5n, 7n, 9_223_372_036_854_775_807n, -1n, 7n, null, null]);
  await write('SELECT unnest([5, 18446744073709551615]::DECIMAL(20,0)[]) AS hash');
  t.deepEqual((await read(t, path)).hashes, [5n, -1n]);
  for (const text of [
    'x',
    '5.0',
    '1e5',
    '18446744073709551616',
    '-9223372036854775809',
    'NA',
    '1_000',
    '0x5',
    '+5',
    '000000000000000000005',
  ]) {
    await write(`SELECT unnest(['1', '${text}']) AS hash, 'http://a/' AS url`);
    await t.throwsAsync(read(t, path), { code: 'BB_INPUT_VALUE', message: /in\.parquet, row 2/ }, text);
    t.deepEqual((await read(t, path, { hashColumn: 'none' })).hashes[0], hashOf('http://a/'));
  }
  await write("SELECT 5.0::DOUBLE AS hash, 'http://a/' AS url");
  await t.throwsAsync(read(t, path), {
    code: 'BB_SCHEMA_MISMATCH',
    message: /"hash" .*holds DOUBLE, which has lost the last digits/,
  });
});

test('columns can be named', async (t) => {
  const path = join(await temporaryFolder(t), 'in.parquet');
  await duck(
    `COPY (SELECT 5 AS hash, 6::BIGINT AS id, 'u' AS link, 'v' AS words) TO '${path}' (FORMAT parquet)`,
  );
  t.deepEqual((await read(t, path, { hashColumn: 'id' })).hashes, [6n]);
  await t.throwsAsync(read(t, path, { hashColumn: 'no' }), {
    code: 'BB_COLUMN_MISSING',
    message: /hash, id, link/,
  });
  const texts = join(await temporaryFolder(t), 'texts.parquet');
  await duck(`COPY (SELECT 'u' AS link, 'v' AS words) TO '${texts}' (FORMAT parquet)`);
  await t.throwsAsync(read(t, texts), { code: 'BB_COLUMN_MISSING' });
  t.deepEqual((await read(t, texts, { urlColumn: 'link', captionColumn: 'words' })).hashes, [hashOf('uv')]);
});

test('what is no Parquet file, or a part of one, is refused before the first row', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'in.parquet');
  await writeFile(path, 'hash\n5\n');
  await t.throwsAsync(read(t, path), { code: 'BB_INPUT_UNREADABLE' });
  await duck(`COPY (SELECT i AS hash FROM range(9000) AS r(i)) TO '${path}' (FORMAT parquet)`);
  await truncate(path, 2000);
  await t.throwsAsync(read(t, path), { code: 'BB_INPUT_UNREADABLE' });
  await t.throwsAsync(read(t, join(folder, 'none.parquet')), { code: 'BB_INPUT_UNREADABLE' });
});
