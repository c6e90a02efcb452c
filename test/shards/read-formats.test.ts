import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Compression, Table, WriterPropertiesBuilder, WriterVersion, writeParquet } from 'parquet-wasm';
import { tableFromArrays, tableToIPC } from '../../src/tables/arrow-library.ts';
import { duck, plan, readAll, temporaryFolder, writeColumns } from './fixtures.ts';

const ROWS = 5000;
const EXTREMES = [2n ** 63n - 1n, -(2n ** 63n), 0n, -1n, 2n ** 53n + 1n];

/** Long runs, then values that are all different: dictionaries start and are given up half-way. */
function urlOf(row: number): string {
  return row < 1500
    ? `http://same.example/${row % 3}`
    : `http://host.example/${row}/${'x'.repeat(row % 90)}.jpg`;
}

function hashOf(row: number): bigint {
  return EXTREMES[row] ?? BigInt.asIntN(64, BigInt(row) * 0x9e3779b97f4a7c15n);
}

const INDEXES = Array.from({ length: ROWS }, (_, row) => row);
const URLS = INDEXES.map(urlOf);
const HASHES = BigInt64Array.from(INDEXES, hashOf);

async function checkFile(t: ExecutionContext, folder: string, path: string): Promise<void> {
  const runPlan = await plan(folder, path, { samplesPerShard: 1700 });
  t.is(runPlan.rowCount, ROWS);
  const shards = await readAll(t, folder, runPlan);
  t.deepEqual(
    shards.flatMap(({ urls }) => [...urls]),
    URLS,
  );
  t.deepEqual(
    shards.flatMap(({ hashes }) => [...hashes]),
    [...HASHES],
  );
}

function duckRows(): string {
  const extremes = EXTREMES.map((value, i) => `WHEN ${i} THEN ${value}::HUGEINT`).join(' ');
  return `SELECT CASE WHEN i < 1500 THEN 'http://same.example/' || (i % 3)
      ELSE 'http://host.example/' || i || '/' || repeat('x', (i % 90)::INT) || '.jpg' END AS url,
    (CASE i ${extremes} ELSE ((i::HUGEINT * ${0x9e3779b97f4a7c15n} % 18446744073709551616 + 9223372036854775808)
      % 18446744073709551616 - 9223372036854775808) END)::BIGINT AS hash
    FROM range(${ROWS}) AS rows(i)`;
}

for (const codec of ['uncompressed', 'snappy', 'gzip', 'zstd', 'lz4_raw', 'brotli']) {
  for (const version of ['V1', 'V2']) {
    test(`DuckDB's ${codec} ${version} files are read exactly`, async (t) => {
      const folder = await temporaryFolder(t);
      const path = join(folder, 'rows.parquet');
      await duck(
        `COPY (${duckRows()}) TO '${path}' (FORMAT parquet, COMPRESSION ${codec}, PARQUET_VERSION ${version}, ROW_GROUP_SIZE 2048)`,
      );
      await checkFile(t, folder, path);
    });
  }
}

for (const codec of ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD', 'LZ4_RAW'] as const) {
  for (const version of ['V1', 'V2'] as const) {
    test(`Rust's ${codec} ${version} files, whose dictionaries fall back to plain, are read exactly`, async (t) => {
      const folder = await temporaryFolder(t);
      const path = join(folder, 'rows.parquet');
      const arrow = tableToIPC(tableFromArrays({ url: URLS, hash: HASHES }), 'stream');
      const properties = new WriterPropertiesBuilder()
        .setCompression(Compression[codec])
        .setWriterVersion(WriterVersion[version])
        .setDictionaryPageSizeLimit(8192)
        .setDataPageSizeLimit(4096)
        .setWriteBatchSize(64)
        .setMaxRowGroupSize(3333)
        .build();
      await writeFile(path, writeParquet(Table.fromIPCStream(arrow), properties));
      await checkFile(t, folder, path);
    });
  }
}

for (const rowGroupSize of [7, 1024, ROWS]) {
  test(`row groups of ${rowGroupSize} rows are read exactly`, async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, 'rows.parquet');
    const columns = [
      { name: 'url', data: URLS, type: 'STRING' as const },
      { name: 'hash', data: HASHES, type: 'INT64' as const },
    ];
    writeColumns(path, columns, { rowGroupSize, pageSize: 4096 });
    await checkFile(t, folder, path);
  });
}

test('row groups of a single row are read exactly', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'rows.parquet');
  writeColumns(path, [{ name: 'url', data: URLS.slice(0, 100), type: 'STRING' }], { rowGroupSize: 1 });
  const [shard] = await readAll(t, folder, await plan(folder, path));
  t.deepEqual(shard?.urls, URLS.slice(0, 100));
});
