import test from 'ava';
import { cutAtStretches, placeOf, rangeOf, sliceTable, startOf } from '../../src/subset/slices.ts';
import type { SourceTable } from '../../src/subset/source.ts';

function tableOf(files: readonly (readonly [sizeBytes: number, rowCount: number])[]): SourceTable {
  const entries = files.map(([sizeBytes, rowCount], i) => ({
    path: `${i}.parquet`,
    readPath: `${i}.parquet`,
    format: 'parquet' as const,
    malformedRowCount: 0,
    firstMalformed: null,
    sizeBytes,
    rowCount,
    fingerprint: '',
    columns: [],
  }));
  return { files: entries, schema: [], columns: {} };
}

test('small files go together, large ones are cut, and every row is in one slice', (t) => {
  const table = tableOf([
    [100, 10],
    [100, 10],
    [100, 10],
    [5000, 1000],
    [0, 0],
    [300, 7],
  ]);
  for (const [share, bytes] of [
    [1, 700],
    [1, 1],
    [0.01, 700],
    [0, 1],
    [1, 1e9],
  ] as const) {
    const slices = sliceTable(table, share, { bytes });
    const rows = slices.flatMap(({ firstFile, fileCount, rows: stretch }) =>
      table.files.slice(firstFile, firstFile + fileCount).flatMap(({ rowCount }, i) => {
        const { from, to } = stretch ?? { from: 0, to: rowCount };
        return Array.from({ length: to - from }, (_, row) => `${firstFile + i}/${from + row}`);
      }),
    );
    const all = table.files.flatMap(({ rowCount }, i) =>
      Array.from({ length: rowCount }, (_, row) => `${i}/${row}`),
    );
    t.deepEqual(rows, all, `${share} ${bytes}`);
    const starts = slices.map(startOf);
    t.deepEqual(
      starts,
      starts.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    t.is(starts[0], 0n);
  }
  t.is(sliceTable(table, 1, { bytes: 1e9 }).length, 1);
  t.deepEqual(
    sliceTable(table, 1, { bytes: 700 })
      .map(({ fileCount, rows }) => [fileCount, rows && rows.to - rows.from])
      .slice(0, 3),
    [
      [2, undefined],
      [1, undefined],
      [1, 45],
    ],
  );
});

test('a slice has no more rows than it may, and the numbers and places of its rows are those of the table', (t) => {
  const table = tableOf([
    [100, 10],
    [100, 0],
    [100, 25],
    [100, 3],
    [100, 3],
  ]);
  const slices = sliceTable(table, 1, { bytes: 1e9, rows: 10 });
  t.deepEqual(
    slices.map((slice) => rangeOf(table, slice)),
    [
      { from: 0, to: 10 },
      { from: 10, to: 18 },
      { from: 18, to: 26 },
      { from: 26, to: 35 },
      { from: 35, to: 41 },
    ],
  );
  for (const slice of slices) t.is(placeOf(table, rangeOf(table, slice).from), startOf(slice));
  t.is(placeOf(table, 40), (4n << 40n) | 2n);
});

test('a slice is cut where a file begins that is read otherwise', (t) => {
  const slices = [
    { firstFile: 0, fileCount: 4 },
    { firstFile: 4, fileCount: 1, rows: { from: 0, to: 5 } },
    { firstFile: 5, fileCount: 2 },
  ];
  t.deepEqual(cutAtStretches(slices, [0, 1, 3, 4, 5]), [
    { firstFile: 0, fileCount: 1 },
    { firstFile: 1, fileCount: 2 },
    { firstFile: 3, fileCount: 1 },
    ...slices.slice(1),
  ]);
});
