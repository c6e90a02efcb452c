import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import type { ScoreRows } from '../../src/samples/score-rows.ts';
import { AnswerTableWriter, type ScoreColumns, writeScoreTable } from '../../src/tables/score-table.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { temporaryFolder } from '../shards/fixtures.ts';

const columnsOf = (names: string[]): ScoreColumns => ({ names, scores: {} });

/** Rows 0, 1, 2 ... up to `count` in batches of uneven length; every seventh score is null. */
function* countedRows(count: number, batchRows: number): Generator<ScoreRows> {
  for (let from = 0; from < count; from += batchRows) {
    const rows = Math.min(batchRows, count - from);
    yield {
      hashes: BigInt64Array.from({ length: rows }, (_, i) => BigInt(from + i) - 5n),
      columns: [
        Float32Array.from({ length: rows }, (_, i) => ((from + i) % 7 === 0 ? Number.NaN : from + i)),
      ],
    };
  }
}

test('hashes and scores are written in their order, nulls as nulls, and nothing lies beside them', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'scores.parquet');
  await writeScoreTable(path, columnsOf(['aesthetic']), countedRows(10_000, 3001));
  const expected = Array.from({ length: 10_000 }, (_, i) => ({
    hash: BigInt(i) - 5n,
    aesthetic: i % 7 === 0 ? null : i,
  }));
  t.deepEqual(await readParquet(path), expected);
  t.deepEqual(await readdir(folder), ['scores.parquet']);
});

test('columns are int64 and float32, zstd, and row groups say which hashes they hold', async (t) => {
  const path = join(await temporaryFolder(t), 'scores.parquet');
  await writeScoreTable(path, columnsOf(['aesthetic']), countedRows(1_100_000, 50_000));
  const { schema, row_groups: groups } = await parquetMetadataAsync(await asyncBufferFromFile(path));
  t.deepEqual(
    schema.slice(1).map(({ name, type }) => [name, type]),
    [
      ['hash', 'INT64'],
      ['aesthetic', 'FLOAT'],
    ],
  );
  t.true(groups.length > 1);
  let next = -5n;
  for (const { columns, num_rows: rows } of groups) {
    const { statistics, codec } = columns[0]!.meta_data!;
    t.is(codec, 'ZSTD');
    t.like(statistics, { min_value: next, max_value: next + rows - 1n });
    next += rows;
  }
  t.is(next, 1_100_000n - 5n);
});

test('no rows give a table without rows', async (t) => {
  const path = join(await temporaryFolder(t), 'scores.parquet');
  await writeScoreTable(path, columnsOf(['aesthetic', 'punsafe']), []);
  t.deepEqual(await readParquet(path), []);
});

test('an error among the rows comes out as it was thrown', async (t) => {
  const path = join(await temporaryFolder(t), 'scores.parquet');
  const reason = new Error('enough');
  function* failing(): Generator<ScoreRows> {
    yield* countedRows(5000, 1000);
    throw reason;
  }
  await t.throwsAsync(writeScoreTable(path, columnsOf(['aesthetic']), failing()), { is: reason });
});

test('answers tell a hit from a miss, a null score and a missing hash', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'answers.parquet');
  const writer = await AnswerTableWriter.open(path, columnsOf(['aesthetic']), {
    memoryLimitMb: 128,
    temporaryFolder: join(folder, 'spill'),
  });
  const none = Number.NaN;
  for (let batch = 0; batch < 3; batch++) {
    writer.append({
      hashes: BigInt64Array.of(-(2n ** 63n), 5n, 6n, 0n),
      found: Uint8Array.of(1, 1, 0, 0),
      withoutHash: Uint8Array.of(0, 0, 0, 1),
      columns: [Float32Array.of(0, none, none, none)],
    });
  }
  await writer.finish();
  await writer.close();
  const once = [
    { hash: -(2n ** 63n), found: true, aesthetic: 0 },
    { hash: 5n, found: true, aesthetic: null },
    { hash: 6n, found: false, aesthetic: null },
    { hash: null, found: false, aesthetic: null },
  ];
  t.deepEqual(await readParquet(path), [...once, ...once, ...once]);
  t.deepEqual(await readdir(folder), ['answers.parquet']);
});

test('answers that are not finished leave nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const writer = await AnswerTableWriter.open(join(folder, 'answers.parquet'), columnsOf(['aesthetic']), {
    memoryLimitMb: 128,
    temporaryFolder: join(folder, 'spill'),
  });
  for (const rows of countedRows(300_000, 60_000)) {
    const length = rows.hashes.length;
    writer.append({ ...rows, found: new Uint8Array(length), withoutHash: new Uint8Array(length) });
  }
  await writer.close();
  t.deepEqual(await readdir(folder), []);
});
